"""When a model need not learn any more: what another paid hour buys, and which slices lag.

The suggestion weighs the curve carried on against a target, or against no gain at all. It is a
suggestion: an owner may have reasons to go on that no curve knows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

from fairhand.quality.assistance.curve import Curve, CurvePoint

Code = Literal["too_few", "reached", "out_of_reach", "flat", "go_on"]

MORE: Final = 0.2
FLAT: Final = 0.005
"""A fifth more judgements that surely add less than half a point are not worth asking for."""
LEAST_IN_SLICE: Final = 10
_CHANCE: Final = 0.05
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Pace:
    """What a judgement takes, all paid time with it: milliseconds, and millionths of money."""

    ms: float
    micros: float

    def judgements_in(self, hours: float) -> float:
        """Give how many judgements so many paid hours are."""
        return hours * _HOUR_MS / self.ms

    def hours_of(self, judgements: float) -> float:
        """Give how many paid hours so many judgements take."""
        return judgements * self.ms / _HOUR_MS


@dataclass(frozen=True, slots=True)
class Spent:
    """What had been spent when a point of the curve was measured."""

    judgements: int
    paid_ms: int
    paid_micros: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A best guess and the interval of 90 % about it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether to stop, and the evidence.

    `an_hour` is what one more paid hour adds to the score, `a_fifth` what a fifth more judgements
    add, `ceiling` what endless ones come to; `to_target` is how many judgements more the target
    takes, infinite where it is never reached. None where it cannot be said.
    """

    code: Code
    score: float | None = None
    low: float | None = None
    high: float | None = None
    an_hour: Estimate | None = None
    a_fifth: Estimate | None = None
    ceiling: Estimate | None = None
    to_target: Estimate | None = None

    @property
    def says_stop(self) -> bool:
        """Whether it suggests that no more is asked for the model's sake."""
        return self.code in {"reached", "out_of_reach", "flat"}


def pace_of(spent: Sequence[Spent]) -> Pace | None:
    """Learn the pace from what was spent between the first point and the last; None without.

    With one point, or none that took time, all that was spent until the last counts.
    """
    if not spent:
        return None
    first, last = spent[0], spent[-1]
    judgements = last.judgements - first.judgements
    ms, micros = last.paid_ms - first.paid_ms, last.paid_micros - first.paid_micros
    if judgements <= 0 or ms <= 0:
        judgements, ms, micros = last.judgements, last.paid_ms, last.paid_micros
    if judgements <= 0 or ms <= 0:
        return None
    return Pace(ms / judgements, max(0.0, micros / judgements))


def advise(
    newest: CurvePoint | None, curve: Curve | None, pace: Pace | None, target: float | None
) -> Advice:
    """Suggest whether to stop, from the newest measurement, the curve and an owner's target."""
    if newest is None:
        return Advice("too_few")
    now = (newest.score, newest.low, newest.high)
    if target is not None and newest.low >= target:
        return Advice("reached", *now, *_outlook(curve, pace, target))
    if curve is None:
        return Advice("too_few", *now)
    outlook = _outlook(curve, pace, target)
    if target is not None and curve.ceiling[2] < target:
        return Advice("out_of_reach", *now, *outlook)
    is_flat = curve.gain(MORE * curve.last)[2] < FLAT
    return Advice("flat" if is_flat else "go_on", *now, *outlook)


def _outlook(
    curve: Curve | None, pace: Pace | None, target: float | None
) -> tuple[Estimate | None, Estimate | None, Estimate | None, Estimate | None]:
    if curve is None:
        return None, None, None, None
    hour = None if pace is None else Estimate(*curve.gain(pace.judgements_in(1.0)))
    to_target = None
    if target is not None:
        more = [max(0.0, one - curve.last) for one in curve.judgements_to(target)]
        to_target = Estimate(more[0], more[1], more[2])
    return hour, Estimate(*curve.gain(MORE * curve.last)), Estimate(*curve.ceiling), to_target


@dataclass(frozen=True, slots=True)
class SliceScore:
    """How a model does on one slice: `field` of the tasks' data, its `value`, and on how many."""

    field: str
    value: str
    n: int
    score: float


@dataclass(frozen=True, slots=True)
class Lag:
    """A slice on which the model is surely worse than on the rest of its field."""

    slice: SliceScore
    rest: float
    low: float
    high: float


def find_lags(slices: Sequence[SliceScore]) -> list[Lag]:
    """Find the slices that lag behind the rest of their field, the furthest behind first.

    Differences of shares with one right and one wrong answer added to each side (A. Agresti and B.
    Caffo, Simple and effective confidence intervals, American Statistician 2000), over all slices
    at once (Bonferroni). Slices of fewer than `LEAST_IN_SLICE` tasks say nothing.
    """
    known = [one for one in slices if one.n >= LEAST_IN_SLICE]
    if not known:
        return []
    z = NormalDist().inv_cdf(1.0 - _CHANCE / (2 * len(known)))
    found = []
    for one in known:
        others = [other for other in slices if other.field == one.field and other != one]
        total = sum(other.n for other in others)
        if total < LEAST_IN_SLICE:
            continue
        rest = math.fsum(other.n * other.score for other in others) / total
        difference, half = _difference(one.score, one.n, rest, total, z)
        if difference + half < 0.0:
            found.append(Lag(one, rest, difference - half, difference + half))
    return sorted(found, key=lambda lag: lag.slice.score - lag.rest)


def _difference(one: float, n: int, other: float, m: int, z: float) -> tuple[float, float]:
    p, q = (one * n + 1) / (n + 2), (other * m + 1) / (m + 2)
    error = math.sqrt(p * (1 - p) / (n + 2) + q * (1 - q) / (m + 2))
    return p - q, z * error
