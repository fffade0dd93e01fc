"""SQL of the log as a person sees it: their own latest events."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from fairhand.core.clock import Instant
from fairhand.storage.tables.proof import log_event

_LATEST = (
    select(log_event.c.id, log_event.c.kind, log_event.c.at, log_event.c.leaf_index)
    .where(log_event.c.person_id == bindparam("person_id"))
    .order_by(log_event.c.id.desc())
    .limit(bindparam("most"))
)
_WAITING = select(func.count()).where(log_event.c.leaf_index.is_(None))


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in a list; `leaf_index` is None while it is promised and not sealed."""

    id: int
    kind: str
    at: Instant
    leaf_index: int | None


def latest_events(connection: Connection, person_id: int, most: int) -> list[EventRow]:
    """List a person's latest events, newest first."""
    rows = connection.execute(_LATEST, {"person_id": person_id, "most": most})
    return [EventRow(*row) for row in rows]


def count_unsealed(connection: Connection) -> int:
    """Count the events that wait for their leaf."""
    return connection.execute(_WAITING).scalar_one()
