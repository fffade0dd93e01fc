"""When rest is due: hours summed over all projects, so that nobody works all night; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.core.systems import automated

Why = Literal["day", "week"]
WEEK_MS: Final = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class Limits:
    """Where work stops and how long rest is, in milliseconds.

    Without a law of the place: ten hours, then eleven of rest (facts 3.1), sixty in seven days.
    """

    stop_day_ms: int = 10 * HOUR_MS
    stop_week_ms: int = 60 * HOUR_MS
    rest_ms: int = 11 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Worked:
    """Paid time between two instants; `paid_ms` leaves out pauses."""

    started_at: Instant
    ended_at: Instant
    paid_ms: int


@dataclass(frozen=True, slots=True)
class RestDue:
    """Rest that is due now: until when, and the sums it follows from."""

    until: Instant
    why: Why
    since_rest_ms: int
    week_ms: int


def since_rest(work: Iterable[Worked], rest_ms: int, rested_at: Instant | None = None) -> int:
    """Sum the paid milliseconds since a person last had `rest_ms` free, or since `rested_at`.

    Give `rested_at` when a rest that was set has ended: what somebody finished during it does not
    call for the next one.
    """
    total, ended_at = 0, None
    for one in sorted(work, key=lambda one: one.ended_at):
        if rested_at is not None and one.ended_at <= rested_at:
            continue
        if ended_at is not None and one.started_at - ended_at >= rest_ms:
            total = 0
        total += one.paid_ms
        ended_at = one.ended_at
    return total


@automated(
    "work.rest",
    title="Rest after a full day",
    effect="routes",
    purpose="Hands out no new task to somebody who has worked the most hours a day or week that "
    "the law of their place allows.",
    reads=("paid time over all projects", "the hours pack of the person's country"),
    parameters=(
        ("day, week, rest", "the country's", "hours at which rest begins, and its length"),
    ),
    oversight="What is held can be finished and is paid. Hours packs are data with their source.",
)
def rest_due(
    work: Iterable[Worked], limits: Limits, now: Instant, rested_at: Instant | None = None
) -> RestDue | None:
    """Say whether rest is due after this work of the last seven days; None when it is not."""
    done = list(work)
    day = since_rest(done, limits.rest_ms, rested_at)
    week = sum(one.paid_ms for one in done if one.ended_at > now - WEEK_MS)
    if day < limits.stop_day_ms and week < limits.stop_week_ms:
        return None
    why: Why = "day" if day >= limits.stop_day_ms else "week"
    return RestDue(Instant(now + limits.rest_ms), why, day, week)
