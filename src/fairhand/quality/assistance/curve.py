"""The learning curve of a model, carried on: score = a - b n^-c, with what is not known about it.

The inverse power law is the usual shape of learning curves (C. Cortes and others, Learning curves:
asymptotic values and rate of convergence, NeurIPS 1993; L. E. Boettcher and others and R. L.
Figueroa and others, Predicting sample size required for classification performance, 2012, fit it
with weights as here). Constraints keep it honest: no score above 1, nothing learnt is unlearnt
(b >= 0), and c between a crawl and a leap. The interval comes from fitting again and again to
points moved by what they are known to be off by: partly all alike, since they are measured on much
the same held-out tasks, partly each by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairhand.quality.assistance.contrast import Floats

LEAST_POINTS: Final = 5
LEAST_STRETCH: Final = 2.0
"""From the first point to the last, judgements must have grown at least so many times."""

DRAWS: Final = 400
_LOW, _HIGH = 5.0, 95.0
_POWERS: Final = np.linspace(0.1, 1.5, 29)
_SHARED: Final = 0.5
_LEAST_ERROR: Final = 0.005
_WIDE: Final = 3.92
"""The width of a 95 % interval in standard errors."""
_USUAL_POWER, _POWER_SPREAD = 0.5, 0.4


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a model was worth after so many judgements: `score` and its 95 % interval, 0 to 1."""

    judgements: int
    score: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """The standard error of the score."""
        return max(_LEAST_ERROR, (self.high - self.low) / _WIDE)


@dataclass(frozen=True, slots=True)
class Curve:
    """A fitted curve, and as many more as it could as well be (`draws`: a, b, c by row)."""

    best: Floats
    draws: Floats
    points: tuple[CurvePoint, ...]

    @property
    def last(self) -> int:
        """The judgements of the newest point."""
        return self.points[-1].judgements

    @property
    def ceiling(self) -> tuple[float, float, float]:
        """What it comes to with endless judgements: best guess, low, high."""
        low, high = np.percentile(self.draws[:, 0], [_LOW, _HIGH])
        return float(self.best[0]), float(low), float(high)

    def at(self, judgements: float) -> tuple[float, float, float]:
        """Give the score after so many judgements: best guess, and the interval of 90 %."""
        low, high = np.percentile(_value(self.draws, judgements), [_LOW, _HIGH])
        return float(_value(self.best[None], judgements)[0]), float(low), float(high)

    def gain(self, more: float) -> tuple[float, float, float]:
        """Give what so many judgements more would add to the score: best guess, low, high."""
        now, then = float(self.last), float(self.last) + more
        each = _value(self.draws, then) - _value(self.draws, now)
        low, high = np.percentile(each, [_LOW, _HIGH])
        best = _value(self.best[None], then) - _value(self.best[None], now)
        return float(best[0]), float(low), float(high)

    def judgements_to(self, score: float) -> tuple[float, float, float]:
        """Give after how many judgements it reaches a score: best guess, low, high.

        Infinite where it never does.
        """
        low, high = np.percentile(_reaches(self.draws, score), [_LOW, _HIGH], method="nearest")
        return float(_reaches(self.best[None], score)[0]), float(low), float(high)


def fit_curve(points: Sequence[CurvePoint], rng: np.random.Generator) -> Curve | None:
    """Fit the curve; None while `why_no_curve` says that there is too little.

    Points with the same number of judgements count as one, the newest of them.
    """
    kept = tuple(sorted({one.judgements: one for one in points}.values(), key=_judgements))
    if why_no_curve(kept) is not None:
        return None
    n = np.array([one.judgements for one in kept], dtype=np.float64)
    score = np.array([one.score for one in kept])
    error = np.array([one.error for one in kept])
    best = _fit(n, score[None], error, np.array([_USUAL_POWER]))
    shared = rng.standard_normal((DRAWS, 1)) * np.sqrt(_SHARED)
    own = rng.standard_normal((DRAWS, len(kept))) * np.sqrt(1.0 - _SHARED)
    # Points may stray from the law by more than they were known to be off by.
    stray = max(1.0, _misfit(best[0], n, score, error))
    moved = np.clip(score + stray * error * (shared + own), 0.0, 1.0)
    usual = _USUAL_POWER + _POWER_SPREAD * rng.standard_normal(DRAWS)
    return Curve(best[0], _fit(n, moved, error, usual), kept)


def why_no_curve(points: Sequence[CurvePoint]) -> str | None:
    """Say what is missing for a curve that may be carried on; None: nothing."""
    places = sorted({one.judgements for one in points if one.judgements > 0})
    if len(places) < LEAST_POINTS:
        return (
            f"A curve is carried on from {LEAST_POINTS} measurements on; "
            f"there {'is' if len(places) == 1 else 'are'} {len(places)} so far."
        )
    if places[-1] < LEAST_STRETCH * places[0]:
        return (
            "The measurements lie too close together to carry the curve on: judgements must have "
            f"grown from the first ({places[0]:,}) to at least twice as many."
        )
    return None


def _judgements(point: CurvePoint) -> int:
    return point.judgements


def _value(curves: Floats, judgements: float) -> Floats:
    found: Floats = curves[:, 0] - curves[:, 1] * judgements ** -curves[:, 2]
    return found


def _reaches(curves: Floats, score: float) -> Floats:
    room = curves[:, 0] - score
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        found = (curves[:, 1] / room) ** (1.0 / curves[:, 2])
    return np.where(room > 0.0, found, np.inf)


def _misfit(curve: Floats, n: Floats, score: Floats, error: Floats) -> float:
    off = (score - (curve[0] - curve[1] * n ** -curve[2])) / error
    freedom = max(1, len(n) - 3)
    return float(np.sqrt((off**2).sum() / freedom))


def _fit(n: Floats, scores: Floats, error: Floats, usual: Floats) -> Floats:
    """Fit a curve to every row of scores: for each power the best line, then the best power.

    A power far from its row's `usual` one must earn it: the term of a normal prior is added to the
    misfit. Rows that are draws move their prior as they move their points (randomised maximum a
    posteriori), so that what is not known of the power is not lost.
    """
    weight = 1.0 / error**2
    weight = weight / weight.sum()
    noise = float(1.0 / (1.0 / error**2).sum())
    best = np.zeros((len(scores), 3))
    least = np.full(len(scores), np.inf)
    for power in _POWERS:
        x = n**-power
        a, b = _line(x, scores, weight)
        misfit = ((scores - a[:, None] + b[:, None] * x) ** 2 @ weight) / noise
        misfit += ((power - usual) / _POWER_SPREAD) ** 2
        better = misfit < least
        least[better] = misfit[better]
        best[better] = np.column_stack([a, b, np.full(len(a), power)])[better]
    return best


def _line(x: Floats, scores: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Fit a - b x with a <= 1 and b >= 0 to each row, by weighted least squares."""
    middle, mean = float(weight @ x), scores @ weight
    spread = float(weight @ (x - middle) ** 2)
    b = np.maximum(0.0, -((scores - mean[:, None]) @ (weight * (x - middle))) / spread)
    a = mean + b * middle
    over = a > 1.0
    # On the edge a = 1 the best b is that of a line through it.
    b = np.where(over, np.maximum(0.0, (1.0 - scores) @ (weight * x) / float(weight @ x**2)), b)
    return np.minimum(a, 1.0), b
