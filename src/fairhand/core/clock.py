"""Time enters the product here and nowhere else.

An instant is an integer count of milliseconds since 1970-01-01T00:00:00Z: exact, ordered, the
same on every database. Rules and stories take `now` as an argument; only doors read the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NewType

Instant = NewType("Instant", int)
"""Milliseconds since the Unix epoch, UTC."""

Clock = Callable[[], Instant]

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


def system_now() -> Instant:
    """Read the machine's clock."""
    return Instant(time.time_ns() // 1_000_000)


def iso(at: Instant) -> str:
    """Write an instant as ISO 8601 in UTC with milliseconds, as `2026-11-21T09:30:00.000Z`."""
    moment = datetime.fromtimestamp(at // 1_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1_000:03d}Z"


def parse_iso(text: str) -> Instant:
    """Read ISO 8601 with an offset; raises ValueError when the offset is missing."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset; write for example 2026-11-21T09:30:00Z")
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return Instant((delta.days * 86_400 + delta.seconds) * 1_000 + delta.microseconds // 1_000)


class ManualClock:
    """A clock for tests and replays: it moves only when told to."""

    def __init__(self, start: Instant) -> None:
        self.now = start

    def __call__(self) -> Instant:
        return self.now

    def advance(self, milliseconds: int) -> Instant:
        """Move by `milliseconds` (negative: a clock that jumps back) and return the new instant."""
        self.now = Instant(self.now + milliseconds)
        return self.now
