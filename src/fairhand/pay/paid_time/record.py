"""A person's own time record: what was paid, what ended each stretch, what a cap cut; pure.

It is the same replay as the auditor's, with what became of each cut: answers given without network
take back the latest cuts first, a claim takes back the one that it names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.pay.paid_time.rules import (
    BREAK_MS,
    Activity,
    Clock,
    EventKind,
    Gap,
    TimeEvent,
    credit,
    new_clock,
)

Claimable = Literal["annotate", "read", "train", "qualify", "wait", "appeal", "fault"]
CLAIMABLE: Final[tuple[Claimable, ...]] = get_args(Claimable)
WEEKLY_ALLOWANCE_MS: Final = 5 * HOUR_MS
"""Up to here a person's word is enough in a week; beyond it somebody else looks (facts 3.1)."""
_MONDAY: Final = 4 * DAY_MS  # the first Monday after the epoch, which was a Thursday


@dataclass(frozen=True, slots=True)
class Row:
    """A time event with its number."""

    id: int
    event: TimeEvent


@dataclass(frozen=True, slots=True)
class PaidStretch:
    """Paid time in one go: one project and activity, and what ended it."""

    project_id: int
    activity: Activity
    started_at: Instant
    ended_at: Instant
    paid_ms: int
    ended_by: EventKind


@dataclass(frozen=True, slots=True)
class Cut:
    """What a cap cut off before an event: how much, and what of it is claimed or left to claim."""

    event_id: int
    project_id: int
    activity: Activity
    started_at: Instant
    ended_at: Instant
    cut_ms: int
    left_ms: int
    claimed_ms: int = 0


@dataclass(frozen=True, slots=True)
class TimeRecord:
    """What a person's events came to, in their order."""

    stretches: tuple[PaidStretch, ...]
    cuts: tuple[Cut, ...]


class _Recorder:
    def __init__(self) -> None:
        self.stretches: list[PaidStretch] = []
        self.cuts: list[Cut] = []
        self.clock: Clock | None = None
        self.goes_on = False  # the last stretch may be lengthened

    def hear(self, row: Row) -> None:
        event = row.event
        clock = self.clock or new_clock(event)
        credited = credit(clock, event)
        self.clock, gap = credited.clock, credited.gap
        if gap.cut_ms:
            began = Instant(event.at - gap.cut_ms)
            self.cuts.append(
                Cut(row.id, gap.project_id, gap.activity, began, event.at, gap.cut_ms, gap.cut_ms)
            )
        self._take_back(event, gap)
        if gap.paid_ms:
            self._pay(clock, event, gap)
        if event.kind == "stop" or gap.cut_ms:
            self.goes_on = False

    def _pay(self, clock: Clock, event: TimeEvent, gap: Gap) -> None:
        last = self.stretches[-1] if self.stretches and self.goes_on else None
        same = last is not None and (last.project_id, last.activity) == (
            gap.project_id,
            gap.activity,
        )
        if last is not None and same and event.kind != "claim":
            self.stretches[-1] = replace(
                last, ended_at=event.at, paid_ms=last.paid_ms + gap.paid_ms, ended_by=event.kind
            )
            return
        began = clock.last_at if event.kind != "claim" else Instant(event.at - gap.paid_ms)
        self.stretches.append(
            PaidStretch(
                gap.project_id,
                gap.activity,
                min(began, event.at),
                event.at,
                gap.paid_ms,
                event.kind,
            )
        )
        self.goes_on = event.kind != "claim"

    def _take_back(self, event: TimeEvent, gap: Gap) -> None:
        left = gap.back_ms
        order = list(range(len(self.cuts) - 1, -1, -1)) if left else []
        if event.kind == "claim":  # a claim names its cut by where it ended
            order.sort(key=lambda at: self.cuts[at].ended_at != event.at)
        for at in order:
            cut = self.cuts[at]
            part = min(left, cut.left_ms)
            if part:
                claimed = part if event.kind == "claim" else 0
                self.cuts[at] = replace(
                    cut, left_ms=cut.left_ms - part, claimed_ms=cut.claimed_ms + claimed
                )
                left -= part
            if not left:
                return


def record_of(rows: Iterable[Row]) -> TimeRecord:
    """Replay events in their order into a person's record."""
    recorder = _Recorder()
    for row in rows:
        recorder.hear(row)
    return TimeRecord(tuple(recorder.stretches), tuple(recorder.cuts))


def week_of(at: Instant) -> tuple[Instant, Instant]:
    """Give the week (Monday 00:00 UTC to the next) in which an instant lies."""
    starts = at - (at - _MONDAY) % (7 * DAY_MS)
    return Instant(starts), Instant(starts + 7 * DAY_MS)


def claimed_in_week(rows: Iterable[Row], at: Instant) -> int:
    """Sum what was claimed of the cuts in the week of an instant, in milliseconds."""
    starts, ends = week_of(at)
    return sum(
        row.event.worked_ms or 0
        for row in rows
        if row.event.kind == "claim" and starts <= row.event.at < ends
    )


@dataclass(frozen=True, slots=True)
class Granted:
    """What a claim comes to: paid at a person's word, and what somebody must look at."""

    paid_ms: int
    beyond_ms: int


def grant(cut: Cut, worked_ms: int, claimed_this_week_ms: int) -> Granted:
    """Say what a claim comes to. `worked_ms` is how much of the cut was work, all in all.

    Said twice it pays once. It never pays more than the cap cut and nothing else took back.
    """
    more = min(max(0, worked_ms - cut.claimed_ms), cut.left_ms)
    paid = min(more, max(0, WEEKLY_ALLOWANCE_MS - claimed_this_week_ms))
    return Granted(paid, more - paid)


def break_promise(stretches: Iterable[PaidStretch]) -> int:
    """Say how much of a break that begins now is paid: a quarter of each hour begun, not yet taken.

    Give the stretches of the last day. The first break after any work is promised in full.
    """
    worked = taken = 0
    for one in stretches:
        if one.activity == "break":
            taken += one.paid_ms
        elif one.activity != "wait":
            worked += one.paid_ms
    hours_begun = -(-worked // HOUR_MS)
    return max(0, min(BREAK_MS, hours_begun * BREAK_MS - taken))
