"""Exposure limits: pure. A dose is counted in thousandths of a severity-minute.

The three limits (rolling hour, day, and a chronic load with a half-life of seven days) and their
defaults are policy, not law: no professional body publishes a numeric limit. See docs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant

CHRONIC_HALF_LIFE_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class Limits:
    """A person's limits in thousandths of a severity-minute; the defaults are the caps."""

    hour: int = 20_000
    day: int = 60_000
    chronic: int = 400_000


@dataclass(frozen=True, slots=True)
class Dose:
    """What was, or is about to be, seen at a moment."""

    at: Instant
    dose: int


def dose_left(doses: Sequence[Dose], limits: Limits, now: Instant) -> int:
    """Say how much a person may still see now without passing any of their limits."""
    hour = sum(seen.dose for seen in doses if now - seen.at < HOUR_MS)
    day = sum(seen.dose for seen in doses if now - seen.at < DAY_MS)
    chronic = sum(
        seen.dose * 2 ** (-(max(0, now - seen.at) / CHRONIC_HALF_LIFE_MS)) for seen in doses
    )
    left = min(limits.hour - hour, limits.day - day, int(limits.chronic - chronic))
    return max(0, left)
