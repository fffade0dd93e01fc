"""SQL of saved views: questions to the task browser that somebody asks again."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from sqlalchemy import delete, or_, select, update

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.office import saved_view


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view by its name; `query` holds filters by their names in an address."""

    id: int
    project_id: int
    person_id: int
    name: str
    query: dict[str, str]
    shared: bool
    created_at: Instant


_ALL = select(
    saved_view.c.id,
    saved_view.c.project_id,
    saved_view.c.person_id,
    saved_view.c.name,
    saved_view.c.query,
    saved_view.c.shared,
    saved_view.c.created_at,
)


def list_views(connection: Connection, project_id: int, person_id: int) -> list[SavedView]:
    """List somebody's own views of a project and those that are shared, by name."""
    seen = or_(saved_view.c.person_id == person_id, saved_view.c.shared)
    chosen = _ALL.where(saved_view.c.project_id == project_id, seen)
    rows = connection.execute(chosen.order_by(saved_view.c.name, saved_view.c.id))
    return [SavedView(*row[:4], orjson.loads(row.query), bool(row.shared), row[6]) for row in rows]


def add_view(
    connection: Connection,
    project_id: int,
    person_id: int,
    name: str,
    query: dict[str, str],
    shared: bool,
    now: Instant,
) -> int | None:
    """Keep a view; None when the person has one of this name."""
    row = {
        "project_id": project_id,
        "person_id": person_id,
        "name": name,
        "query": orjson.dumps(query).decode(),
        "shared": shared,
        "created_at": now,
    }
    adding = insert(connection, saved_view).values(row).on_conflict_do_nothing()
    return connection.execute(adding.returning(saved_view.c.id)).scalar_one_or_none()


def change_view(
    connection: Connection,
    view_id: int,
    name: str | None,
    query: dict[str, str] | None,
    shared: bool | None,
) -> None:
    """Write what is given and leave the rest."""
    said = {
        "name": name,
        "query": None if query is None else orjson.dumps(query).decode(),
        "shared": shared,
    }
    kept = {key: value for key, value in said.items() if value is not None}
    if kept:
        connection.execute(update(saved_view).where(saved_view.c.id == view_id).values(kept))


def delete_view(connection: Connection, view_id: int) -> None:
    """Forget a view."""
    connection.execute(delete(saved_view).where(saved_view.c.id == view_id))
