"""What a person's own time page and the API read: every paid stretch, and what was cut."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import DAY_MS, Instant
from fairhand.pay.paid_time import record_store
from fairhand.pay.paid_time.record import (
    WEEKLY_ALLOWANCE_MS,
    Cut,
    PaidStretch,
    claimed_in_week,
    record_of,
)
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class Day:
    """One day (UTC) with what was paid and cut in it, oldest first."""

    starts_at: Instant
    stretches: tuple[PaidStretch, ...]
    cuts: tuple[Cut, ...]

    @property
    def paid_ms(self) -> int:
        """All paid time of the day."""
        return sum(one.paid_ms for one in self.stretches)


@dataclass(frozen=True, slots=True)
class OwnTime:
    """A person's record over some days, newest day first, with what they may do now."""

    person_id: int
    since: Instant
    until: Instant
    days: tuple[Day, ...]
    titles: dict[int, str]
    allowance_left_ms: int
    doing: str | None  # what the clock is at; None before any work
    rest_until: Instant | None


def read_time(
    db: Database, person_id: int, now: Instant, *, days: int = 7, until: Instant | None = None
) -> OwnTime:
    """Load a person's own record of the `days` up to and with the day of `until` (now)."""
    last = now if until is None else max(min(until, now), days * DAY_MS)
    ends = Instant(last - last % DAY_MS + DAY_MS)
    since = Instant(ends - days * DAY_MS)
    with db.read() as connection:
        rows = record_store.load_events(connection, person_id, Instant(since - DAY_MS))
        record = record_of(rows)
        projects = {one.project_id for one in record.stretches}
        projects |= {one.project_id for one in record.cuts}
        titles = record_store.project_titles(connection, projects)
        place = record_store.clock_place(connection, person_id)
        rest = record_store.rest_until(connection, person_id)
    claimed = claimed_in_week(rows, now)
    found = tuple(
        _day(Instant(start), record.stretches, record.cuts)
        for start in range(ends - DAY_MS, since - 1, -DAY_MS)
    )
    return OwnTime(
        person_id,
        since,
        ends,
        tuple(day for day in found if day.stretches or day.cuts),
        titles,
        max(0, WEEKLY_ALLOWANCE_MS - claimed),
        place[1] if place else None,
        rest if rest is not None and rest > now else None,
    )


def _day(start: Instant, stretches: tuple[PaidStretch, ...], cuts: tuple[Cut, ...]) -> Day:
    """A stretch belongs to the day in which it ended."""
    ends = start + DAY_MS
    return Day(
        start,
        tuple(
            sorted(
                (one for one in stretches if start <= one.ended_at < ends),
                key=lambda one: (one.started_at, one.ended_at),
            )
        ),
        tuple(one for one in cuts if start <= one.ended_at < ends),
    )
