"""Read what the log says about one kind of event."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.storage.tables.proof import log_event

_PAGE: Final = 1_000
_CHUNK: Final = 400
_MOST: Final = "annotation.submitted"
"""The kind that most lines are of: they are met by walking the log."""
_LINE = select(
    log_event.c.id,
    log_event.c.at,
    log_event.c.person_id,
    log_event.c.project_id,
    log_event.c.body,
)
_OTHERS = (
    select(log_event.c.id, log_event.c.kind)
    .where(log_event.c.kind != _MOST)
    .order_by(log_event.c.id)
)
_OF_NUMBERS = _LINE.where(log_event.c.id.in_(bindparam("p_numbers", expanding=True))).order_by(
    log_event.c.id
)
_TOLD = (
    _LINE.where(log_event.c.kind == bindparam("p_kind"), log_event.c.id > bindparam("p_after"))
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


class Lines:
    """The log's lines by kind, in one snapshot: the log is walked once, not once for each kind.

    Of all but the answers' lines it holds a number, eight bytes each; their bodies come in pages.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection: Final = connection

    @cached_property
    def _numbers(self) -> dict[str, array[int]]:
        found: dict[str, array[int]] = {}
        walked = self.connection.execute(_OTHERS, execution_options={"yield_per": 10_000})
        for number, kind in walked:
            found.setdefault(kind, array("q")).append(number)
        return found

    def pages(self, kind: str) -> Iterator[list[Told]]:
        """Give all lines of a kind, oldest first, in pages."""
        if kind == _MOST:
            yield from self._walked(kind)
            return
        for numbers in chunks(self._numbers.get(kind, ()), _CHUNK):
            rows = self.connection.execute(_OF_NUMBERS, {"p_numbers": numbers})
            yield [Told(*row[:4], _object(row.body)) for row in rows]

    def in_order(self, kinds: Iterable[str]) -> Iterator[tuple[str, Told]]:
        """Give all lines of some kinds with their kinds, oldest first; a page of each is held."""

        def stream(kind: str) -> Iterator[tuple[str, Told]]:
            for page in self.pages(kind):
                yield from ((kind, one) for one in page)

        return merge(*map(stream, kinds), key=lambda one: one[1].event_id)

    def _walked(self, kind: str) -> Iterator[list[Told]]:
        after = 0
        while rows := self.connection.execute(_TOLD, {"p_kind": kind, "p_after": after}).all():
            after = rows[-1].id
            yield [Told(*row[:4], _object(row.body)) for row in rows]


def _object(body: str | None) -> dict[str, Any] | None:
    try:
        read = None if body is None else json.loads(body)
    except ValueError:  # the log's own check names it
        return None
    return read if isinstance(read, dict) else None
