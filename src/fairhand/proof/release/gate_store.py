"""SQL of the gate: its runs, who still agrees, and what became of a release since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, select, update

from fairhand.core.clock import Instant
from fairhand.proof.release.fitness import Place
from fairhand.proof.release.terms_store import newest_withdrawal
from fairhand.storage.database import insert
from fairhand.storage.tables.licensing import release_terms
from fairhand.storage.tables.people import consent_grant
from fairhand.storage.tables.proof import gate_run, release, release_page

_LIVE = (
    select(consent_grant.c.person_id)
    .where(
        consent_grant.c.project_id == bindparam("p_project"), consent_grant.c.withdrawn_at.is_(None)
    )
    .distinct()
)
_ENDED = select(func.count()).where(
    consent_grant.c.project_id == bindparam("p_project"), consent_grant.c.withdrawn_at.isnot(None)
)
_SUPERSEDED = (
    select(func.max(release.c.version))
    .join_from(release_terms, release, release.c.id == release_terms.c.release_id)
    .where(release_terms.c.supersedes == bindparam("p_release"), release.c.state == "published")
)
_NEWEST = select(func.max(release.c.version)).where(
    release.c.project_id == bindparam("p_project"), release.c.state == "published"
)
_HIDDEN = select(release_page.c.hidden_at).where(
    release_page.c.release_id == bindparam("p_release")
)


@dataclass(frozen=True, slots=True)
class GateRun:
    """A training that was let through; `usage_id` None: no royalties were owed for it."""

    id: int
    release_id: int
    project_id: int
    at: Instant
    asked_by: int | None
    key: str
    findings: list[dict[str, Any]]
    purpose: str
    usage_id: int | None
    event_id: int | None


_COLUMNS = [gate_run.c[name] for name in GateRun.__dataclass_fields__]


def list_agreeing(connection: Connection, project_id: int) -> list[int]:
    """List the people who have a living agreement to work in a project."""
    return list(connection.execute(_LIVE, {"p_project": project_id}).scalars())


def pulse(connection: Connection, project_id: int) -> tuple[int, int]:
    """Two numbers that change whenever somebody in a project takes something back."""
    ended: int = connection.execute(_ENDED, {"p_project": project_id}).scalar_one()
    return newest_withdrawal(connection, project_id), ended


def load_place(connection: Connection, release_id: int, project_id: int) -> Place:
    """Say what became of a release since it was made."""
    known = {"p_release": release_id, "p_project": project_id}
    return Place(
        superseded_by=connection.execute(_SUPERSEDED, known).scalar(),
        newest=connection.execute(_NEWEST, known).scalar(),
        is_hidden=connection.execute(_HIDDEN, known).scalar() is not None,
    )


def find_run(connection: Connection, key: str) -> GateRun | None:
    """Find the run of a key."""
    row = connection.execute(select(*_COLUMNS).where(gate_run.c.key == key)).one_or_none()
    return None if row is None else _run(row)


def add_run(
    connection: Connection,
    *,
    release_id: int,
    project_id: int,
    asked_by: int | None,
    key: str,
    findings: list[dict[str, Any]],
    purpose: str,
    now: Instant,
) -> int | None:
    """Keep a run that passed; None when its key is taken."""
    row = {
        "release_id": release_id,
        "project_id": project_id,
        "at": now,
        "asked_by": asked_by,
        "key": key,
        "passed": True,
        "findings": orjson.dumps(findings).decode(),
        "purpose": purpose,
    }
    made = insert(connection, gate_run).on_conflict_do_nothing().returning(gate_run.c.id)
    return connection.execute(made, row).scalar()


def set_recorded(connection: Connection, run_id: int, event_id: int, usage_id: int | None) -> None:
    """Remember a run's line in the log, and the use that was recorded for it."""
    connection.execute(
        update(gate_run).where(gate_run.c.id == run_id).values(event_id=event_id, usage_id=usage_id)
    )


def list_runs(connection: Connection, release_id: int, most: int = 50) -> list[GateRun]:
    """List the trainings that were let through on a release, the newest first."""
    chosen = select(*_COLUMNS).where(gate_run.c.release_id == release_id)
    rows = connection.execute(chosen.order_by(gate_run.c.id.desc()).limit(most))
    return [_run(row) for row in rows]


def _run(row: Any) -> GateRun:  # noqa: ANN401  # a result row
    return GateRun(**dict(row._mapping) | {"findings": orjson.loads(row.findings)})
