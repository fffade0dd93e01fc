"""SQL of the log as a person sees it: their own latest events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, select

from fairhand.core.clock import Instant
from fairhand.storage.tables.proof import checkpoint, log_event

_LATEST = (
    select(log_event.c.id, log_event.c.kind, log_event.c.at, log_event.c.leaf_index)
    .where(log_event.c.person_id == bindparam("person_id"))
    .order_by(log_event.c.id.desc())
    .limit(bindparam("most"))
)
_WORTH_KEEPING = (
    "annotation.submitted",
    "pay.statement_made",
    "grant.given",
    "grant.refused",
    "grant.withdrawn",
    "credential.issued",
    "contract.accepted",
    "project.joined",
    "contribution.settled",
)
_KEPT = (
    select(log_event.c.id, log_event.c.kind, log_event.c.at, log_event.c.leaf_index)
    .where(log_event.c.person_id == bindparam("person_id"), log_event.c.kind.in_(_WORTH_KEEPING))
    .order_by(log_event.c.id.desc())
    .limit(bindparam("most"))
)
_BODY = select(log_event.c.kind, log_event.c.body).where(log_event.c.id == bindparam("event_id"))
_NAMING = (
    select(log_event.c.id)
    .where(
        log_event.c.person_id == bindparam("person_id"),
        log_event.c.kind == bindparam("kind"),
        log_event.c.body.contains(bindparam("word"), autoescape=False),
    )
    .order_by(log_event.c.id)
    .limit(1)
)
_FIRST_PROOF = (
    select(checkpoint.c.size, checkpoint.c.root)
    .join_from(checkpoint, log_event, checkpoint.c.size > log_event.c.leaf_index)
    .where(log_event.c.id == bindparam("event_id"))
    .order_by(checkpoint.c.size)
    .limit(1)
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


def latest_kept(connection: Connection, person_id: int, most: int) -> list[EventRow]:
    """List a person's latest events of the kinds whose receipts matter later, newest first."""
    rows = connection.execute(_KEPT, {"person_id": person_id, "most": most})
    return [EventRow(*row) for row in rows]


def load_body(connection: Connection, event_id: int) -> tuple[str, dict[str, Any]] | None:
    """Load an event's kind and body; None when it was erased or never was."""
    row = connection.execute(_BODY, {"event_id": event_id}).first()
    return None if row is None or row.body is None else (row.kind, orjson.loads(row.body))


def count_unsealed(connection: Connection) -> int:
    """Count the events that wait for their leaf."""
    return connection.execute(_WAITING).scalar_one()


def find_event(connection: Connection, person_id: int, kind: str, word: str) -> int | None:
    """Find a person's first event of a kind whose body holds a word, such as a SHA-256.

    None when there is none, or when it was erased.
    """
    params = {"person_id": person_id, "kind": kind, "word": word}
    return connection.execute(_NAMING, params).scalar_one_or_none()


def first_root(connection: Connection, event_id: int) -> tuple[int, bytes] | None:
    """Give the size and root of the first checkpoint that covers an event; None before that."""
    row = connection.execute(_FIRST_PROOF, {"event_id": event_id}).first()
    return None if row is None else (row.size, row.root)
