"""What a person decides about hard content for themselves: pure.

Doses and limits are thousandths of a severity-minute (`MILLI`), as in `rules`. Nothing here is
read by anybody but its person, and nothing here changes what is paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal, get_args

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import Issue
from fairhand.people.wellbeing.rules import Dose, Limits, load_of

MILLI: Final = 1_000
_NEVER: Final = Instant(0)
RAISED_AFTER_MS: Final = DAY_MS
"""A limit that goes down holds at once; one that goes up, after this."""

TIERS: Final = (1, 2, 3)
"""What can be agreed to. Tier 4 is illegal to hold and never offered."""

Style = Literal["hidden", "drawing", "grey", "blur", "plain"]
STYLES: Final[tuple[Style, ...]] = get_args(Style)


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """Limits that a person set: those that hold, and those that wait for `next_at`."""

    hour: int | None = None
    day: int | None = None
    chronic: int | None = None
    next_hour: int | None = None
    next_day: int | None = None
    next_chronic: int | None = None
    next_at: Instant | None = None
    changed_at: Instant = _NEVER


def as_of(own: OwnLimits, now: Instant) -> OwnLimits:
    """Let what has waited long enough hold."""
    if own.next_at is None or now < own.next_at:
        return own
    return OwnLimits(
        hour=own.hour if own.next_hour is None else own.next_hour,
        day=own.day if own.next_day is None else own.next_day,
        chronic=own.chronic if own.next_chronic is None else own.next_chronic,
        changed_at=own.changed_at,
    )


def effective(own: OwnLimits, cap: Limits, now: Instant) -> Limits:
    """Give the limits that hold: a person's own where they are lower than the cap."""
    held = as_of(own, now)
    return Limits(
        hour=_least(held.hour, cap.hour),
        day=_least(held.day, cap.day),
        chronic=_least(held.chronic, cap.chronic),
    )


def check_limits(wanted: Limits, cap: Limits) -> list[Issue]:
    """List what is wrong with the limits that somebody wants."""
    asked = (
        ("hour", wanted.hour, cap.hour),
        ("day", wanted.day, cap.day),
        ("chronic", wanted.chronic, cap.chronic),
    )
    issues = [
        Issue(name, f"At most {in_minutes(most)}: that is the cap here, for everybody.")
        for name, value, most in asked
        if value > most
    ]
    return issues + [
        Issue(name, "A limit is zero or more.") for name, value, _ in asked if value < 0
    ]


def change_limits(own: OwnLimits, wanted: Limits, cap: Limits, now: Instant) -> OwnLimits:
    """Lower at once what becomes lower, and let what becomes higher wait a day.

    The day is counted from the latest moment known, so a clock that is set back shortens nothing.
    """
    now = max(now, own.changed_at)
    held = effective(own, cap, now)
    changed = OwnLimits(
        hour=min(wanted.hour, held.hour),
        day=min(wanted.day, held.day),
        chronic=min(wanted.chronic, held.chronic),
        changed_at=now,
    )
    hour = wanted.hour if wanted.hour > held.hour else None
    day = wanted.day if wanted.day > held.day else None
    chronic = wanted.chronic if wanted.chronic > held.chronic else None
    if hour is None and day is None and chronic is None:
        return changed
    is_waiting = own.next_at is not None and own.next_at > now
    if is_waiting and (own.next_hour, own.next_day, own.next_chronic) == (hour, day, chronic):
        next_at = own.next_at  # asked for again: the day that has begun goes on
    else:
        next_at = Instant(now + RAISED_AFTER_MS)
    return replace(changed, next_hour=hour, next_day=day, next_chronic=chronic, next_at=next_at)


def _least(own: int | None, cap: int) -> int:
    return cap if own is None else min(own, cap)


def in_minutes(dose: int) -> str:
    """Write a dose as `12.5 severity-minutes`."""
    return f"{minutes_of(dose)} severity-minutes"


def minutes_of(dose: int) -> str:
    """Write a dose in severity-minutes, without noughts that say nothing."""
    return f"{dose / MILLI:.3f}".rstrip("0").rstrip(".")


def by_day(doses: Sequence[Dose], now: Instant, days: int) -> list[int]:
    """Add up doses of the last days, each of 24 hours up to now, the oldest first."""
    sums = [0] * days
    for one in doses:
        ago = (now - one.at) // DAY_MS
        if 0 <= ago < days:
            sums[days - 1 - ago] += one.dose
    return sums


def fading(doses: Sequence[Dose], now: Instant, days: int, half_life_ms: int) -> list[float]:
    """Say what had not faded yet at the end of each of the last days, the oldest first."""
    moments = [Instant(now - (days - 1 - at) * DAY_MS) for at in range(days)]
    return [
        load_of([one for one in doses if one.at <= moment], moment, half_life_ms).chronic
        for moment in moments
    ]


def next_tier(agreed: Sequence[int]) -> int | None:
    """Say which tier can be agreed to next; None when there is none left."""
    return next((tier for tier in TIERS if tier not in agreed), None)


def highest(agreed: Sequence[int]) -> int:
    """Give the tier up to which every one is agreed to: what the queue may hand out."""
    return max((t for t in TIERS if all(one in agreed for one in range(1, t + 1))), default=0)


@dataclass(frozen=True, slots=True)
class BreakOffer:
    """Whether a break is offered now, after how much hard work, and how much of it is paid."""

    is_due: bool = False
    hard_ms: int = 0
    paid_ms: int = 0


def break_offer(
    seen: Sequence[Instant], rested_at: Instant, now: Instant, *, after_ms: int, rest_ms: int
) -> BreakOffer:
    """Say whether somebody worked on hard content for `after_ms` without a rest of `rest_ms`.

    Give when hard items came, the oldest first, and when the last break ended. Micro-breaks help
    (22 samples, N = 2,335: vigour d = .36, fatigue d = .35), and hard tasks need ten minutes or
    more; how often is policy.
    """
    moments = [at for at in seen if rested_at <= at <= now]
    if not moments or now - moments[-1] >= rest_ms:
        return BreakOffer()
    hard = 0
    for before, at in pairwise([*moments, now]):
        hard = 0 if at - before >= rest_ms else hard + at - before
    return BreakOffer(hard >= after_ms, hard, rest_ms)
