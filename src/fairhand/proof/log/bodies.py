"""Read what the log says about one kind of event."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from fairhand.core.clock import Instant
from fairhand.storage.tables.proof import log_event

_PAGE: Final = 1_000
_TOLD = (
    select(
        log_event.c.id,
        log_event.c.at,
        log_event.c.person_id,
        log_event.c.project_id,
        log_event.c.body,
    )
    .where(log_event.c.kind == bindparam("p_kind"), log_event.c.id > bindparam("p_after"))
    .order_by(log_event.c.id)
    .limit(_PAGE)
)


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the log; `body` is None when it was erased, or is no object."""

    event_id: int
    at: Instant
    person_id: int | None
    project_id: int | None
    body: dict[str, Any] | None


def bodies_of(connection: Connection, kind: str) -> Sequence[str]:
    """The bodies of all events of a kind as JSON, oldest first; without those that were erased."""
    chosen = select(log_event.c.body).where(log_event.c.kind == kind, log_event.c.body.is_not(None))
    return connection.execute(chosen.order_by(log_event.c.id)).scalars().all()


def told_in_pages(connection: Connection, kind: str) -> Iterator[list[Told]]:
    """Give all events of a kind, oldest first, in pages: memory does not grow with the log."""
    after = 0
    while rows := connection.execute(_TOLD, {"p_kind": kind, "p_after": after}).all():
        after = rows[-1].id
        yield [Told(*row[:4], _object(row.body)) for row in rows]


def told_in_order(connection: Connection, kinds: Iterable[str]) -> Iterator[tuple[str, Told]]:
    """Give all events of some kinds with their kinds, oldest first; a page of each is held."""

    def stream(kind: str) -> Iterator[tuple[str, Told]]:
        for page in told_in_pages(connection, kind):
            yield from ((kind, one) for one in page)

    return merge(*map(stream, kinds), key=lambda one: one[1].event_id)


def _object(body: str | None) -> dict[str, Any] | None:
    try:
        read = None if body is None else json.loads(body)
    except ValueError:  # the log's own check names it
        return None
    return read if isinstance(read, dict) else None
