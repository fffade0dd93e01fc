"""Exposure limits: pure. A dose is counted in thousandths of a severity-minute.

Three limits hold at once: over a rolling hour, over a rolling day, and a chronic load that halves
in seven days, L(t) = sum of d_i * 2^-((t - t_i) / half-life). They and their defaults are policy,
not law: no professional body publishes a numeric limit. What is about to be shown counts before it
is shown (a reservation), so that two tabs cannot pass a limit together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import floor, log2
from typing import Final

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant

CHRONIC_HALF_LIFE_MS: Final = 7 * DAY_MS
FADED: Final = 10
"""Half-lives after which a dose adds less than a thousandth of itself and is forgotten."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A person's limits in thousandths of a severity-minute; the defaults are the caps."""

    hour: int = 20_000
    day: int = 60_000
    chronic: int = 400_000

    def within(self, *others: Limits) -> Limits:
        """Give the strictest of these limits and others, each kind by itself."""
        every = (self, *others)
        return Limits(
            min(one.hour for one in every),
            min(one.day for one in every),
            min(one.chronic for one in every),
        )


@dataclass(frozen=True, slots=True)
class Dose:
    """What was, or is about to be, seen at a moment."""

    at: Instant
    dose: int


@dataclass(frozen=True, slots=True)
class Load:
    """What a person carries at a moment: over the last hour, the last day, and in the long run."""

    hour: int
    day: int
    chronic: float

    def left(self, limits: Limits) -> int:
        """Say how much more may be seen now without passing any limit."""
        left = min(
            limits.hour - self.hour, limits.day - self.day, floor(limits.chronic - self.chronic)
        )
        return max(0, left)


def load_of(doses: Iterable[Dose], now: Instant, half_life_ms: int = CHRONIC_HALF_LIFE_MS) -> Load:
    """Add up what was seen. A dose dated after `now` (a clock was put back) counts in full."""
    hour = day = 0
    chronic = 0.0
    for seen in doses:
        age = max(0, now - seen.at)
        hour += seen.dose if age < HOUR_MS else 0
        day += seen.dose if age < DAY_MS else 0
        chronic += seen.dose * 2.0 ** (-age / half_life_ms)
    return Load(hour, day, chronic)


def dose_left(
    doses: Iterable[Dose],
    limits: Limits,
    now: Instant,
    half_life_ms: int = CHRONIC_HALF_LIFE_MS,
) -> int:
    """Say how much a person may still see now without passing any of their limits."""
    return load_of(doses, now, half_life_ms).left(limits)


def frees_at(
    doses: Sequence[Dose],
    limits: Limits,
    needed: int,
    now: Instant,
    half_life_ms: int = CHRONIC_HALF_LIFE_MS,
) -> Instant | None:
    """Say when an item of this dose fits again; None when it never will under these limits."""
    if needed > min(limits.hour, limits.day, limits.chronic):
        return None
    waits = [
        _window_frees(doses, limits.hour - needed, HOUR_MS, now),
        _window_frees(doses, limits.day - needed, DAY_MS, now),
    ]
    room = limits.chronic - needed
    chronic = load_of(doses, now, half_life_ms).chronic
    if chronic > room:
        if room <= 0:
            return None
        waits.append(Instant(now + 1 + floor(half_life_ms * log2(chronic / room))))
    return max(waits)


def _window_frees(doses: Sequence[Dose], room: int, window_ms: int, now: Instant) -> Instant:
    """Say when the sum over a rolling window has fallen to `room`."""
    inside = sorted((one for one in doses if now - one.at < window_ms), key=lambda one: one.at)
    over = sum(one.dose for one in inside) - room
    for one in inside:
        if over <= 0:
            break
        over -= one.dose
        frees = Instant(one.at + window_ms)
        if over <= 0:
            return max(now, frees)
    return now


def hard_run(days: Iterable[int], today: int) -> int:
    """Count the days in a row, up to yesterday, on which hard content was seen.

    Days are counted in UTC since 1970; a day off breaks the run.
    """
    had = set(days)
    run = 0
    while today - 1 - run in had:
        run += 1
    return run


def day_of(at: Instant) -> int:
    """Number a day, in UTC, since 1970."""
    return at // DAY_MS


def tier_today(max_tier: int, run: int, rotation_tier: int, rotation_days: int) -> int:
    """Give the highest tier that rotation leaves today: after a full run, none of the hard ones."""
    return min(max_tier, rotation_tier - 1) if run >= rotation_days else max_tier


@dataclass(slots=True)
class Budget:
    """One person's load kept up dose by dose: the same answers as `load_of`, at constant cost.

    Moments must not go back. What fades is forgotten where it no longer counts.
    """

    half_life_ms: int = CHRONIC_HALF_LIFE_MS
    _hour: deque[Dose] = field(default_factory=deque)
    _day: deque[Dose] = field(default_factory=deque)
    _in_hour: int = 0
    _in_day: int = 0
    _chronic: float = 0.0
    _at: int = 0

    def load(self, now: Instant) -> Load:
        """Say what is carried at `now`."""
        while self._hour and now - self._hour[0].at >= HOUR_MS:
            self._in_hour -= self._hour.popleft().dose
        while self._day and now - self._day[0].at >= DAY_MS:
            self._in_day -= self._day.popleft().dose
        self._chronic *= 2.0 ** (-(now - self._at) / self.half_life_ms)
        self._at = now
        return Load(self._in_hour, self._in_day, self._chronic)

    def add(self, dose: Dose) -> None:
        """Count what is about to be seen."""
        self.load(dose.at)
        self._hour.append(dose)
        self._day.append(dose)
        self._in_hour += dose.dose
        self._in_day += dose.dose
        self._chronic += dose.dose

    def settle(self, dose: int) -> None:
        """Let the newest dose be what was seen in the end, not what was set aside for it."""
        newest = self._day.pop()
        self._hour.pop()
        self._in_hour -= newest.dose
        self._in_day -= newest.dose
        self._chronic -= newest.dose * 2.0 ** (-(self._at - newest.at) / self.half_life_ms)
        seen = Dose(newest.at, dose)
        self._hour.append(seen)
        self._day.append(seen)
        self._in_hour += dose
        self._in_day += dose
        self._chronic += dose * 2.0 ** (-(self._at - newest.at) / self.half_life_ms)
