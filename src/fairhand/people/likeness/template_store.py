"""Templates of voices and faces in the database, sealed; nothing else reads or writes them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, exists, insert, select, update

from fairhand.core.clock import Instant
from fairhand.people.likeness.rules import Template
from fairhand.storage.database import Connection
from fairhand.storage.tables.campaigns import biometric_template as table
from fairhand.storage.tables.campaigns import contribution

_COLUMNS = [table.c[name] for name in Template.__dataclass_fields__]
_OWN = select(*_COLUMNS).where(table.c.person_id == bindparam("p_person")).order_by(table.c.id)
_LIVING = (
    select(*_COLUMNS)
    .where(table.c.destroyed_at.is_(None), table.c.id > bindparam("p_after"))
    .order_by(table.c.id)
    .limit(bindparam("p_most"))
)
_SEALED = select(table.c.sealed).where(table.c.id == bindparam("p_id"))
_END = (
    update(table)
    .where(table.c.id == bindparam("p_id"), table.c.destroyed_at.is_(None))
    .values(sealed=None, destroyed_at=bindparam("p_now"), why_destroyed=bindparam("p_why"))
)
_TOUCH = (
    update(table)
    .where(table.c.id == bindparam("p_id"), table.c.destroyed_at.is_(None))
    .values(last_met_at=bindparam("p_now"), destroy_by=bindparam("p_by"))
)
_SOURCES = (
    select(
        contribution.c.id,
        contribution.c.sealed_sha256,
        contribution.c.original_sha256,
    )
    .where(
        contribution.c.person_id == bindparam("p_person"),
        contribution.c.project_id == bindparam("p_project"),
        contribution.c.modality == bindparam("p_modality"),
        contribution.c.state.in_(("ready", "held")),
    )
    .order_by(contribution.c.id.desc())
    .limit(bindparam("p_most"))
)


def add_template(connection: Connection, new: Template, sealed: bytes) -> int:
    """Keep a template; any living one of the same kind and campaign is destroyed first."""
    same = (
        select(table.c.id)
        .where(
            table.c.person_id == new.person_id,
            table.c.project_id == new.project_id,
            table.c.kind == new.kind,
            table.c.destroyed_at.is_(None),
        )
        .order_by(table.c.id)
    )
    for template_id in connection.execute(same).scalars().all():
        destroy(connection, template_id, "replaced", new.created_at)
    row = {name: getattr(new, name) for name in Template.__dataclass_fields__ if name != "id"}
    made = connection.execute(insert(table).returning(table.c.id), {**row, "sealed": sealed})
    return int(made.scalar_one())


def destroy(connection: Connection, template_id: int, why: str, now: Instant) -> bool:
    """Destroy a template for ever; False when it was gone before."""
    ended = {"p_id": template_id, "p_now": now, "p_why": why}
    return connection.execute(_END, ended).rowcount == 1


def touch(connection: Connection, template_id: int, now: Instant, by: Instant) -> None:
    """Remember that its person used it, and when it must be gone now."""
    connection.execute(_TOUCH, {"p_id": template_id, "p_now": now, "p_by": by})


def list_own(connection: Connection, person_id: int) -> list[Template]:
    """List somebody's templates, destroyed ones too, the oldest first."""
    return [_template(row) for row in connection.execute(_OWN, {"p_person": person_id})]


def list_living(connection: Connection, after: int, most: int) -> list[Template]:
    """List living templates in the order in which they were made, from an id on."""
    return [
        _template(row) for row in connection.execute(_LIVING, {"p_after": after, "p_most": most})
    ]


def load_sealed(connection: Connection, template_id: int) -> bytes | None:
    """Load a template's sealed bytes; None once it is destroyed."""
    sealed = connection.execute(_SEALED, {"p_id": template_id}).scalar_one_or_none()
    return None if sealed is None else bytes(sealed)


def list_sources(
    connection: Connection, person_id: int, project_id: int, modality: str, most: int
) -> list[tuple[int, str | None, str]]:
    """List what a template can be made of, the newest first: id, sealed file, original file."""
    wanted = {"p_person": person_id, "p_project": project_id, "p_modality": modality}
    rows = connection.execute(_SOURCES, {**wanted, "p_most": most})
    return [(row.id, row.sealed_sha256, row.original_sha256) for row in rows]


def gives_still(connection: Connection, person_id: int, project_id: int) -> bool:
    """Say whether anything that somebody gave to a campaign is left."""
    living = exists().where(
        contribution.c.person_id == person_id,
        contribution.c.project_id == project_id,
        contribution.c.state.in_(("new", "ready", "held")),
    )
    return bool(connection.execute(select(living)).scalar_one())


def _template(row: Row[Any]) -> Template:
    return Template(**row._asdict())
