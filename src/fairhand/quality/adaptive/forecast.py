"""What the next point of quality costs: judgements and money to a target, before they are spent.

The project is played forward many times from what is known now: truths drawn from the posteriors,
people answering by their tables, each task stopping as soon as it is as sure as the level says.
Levels from "stop at once" to "never stop" give the curve of quality against judgements; the
spread over futures gives its intervals. A forecast is only as good as its model: with no gold,
quality is quality as the model reckons it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.adaptive.dependence import Dependence, Evidence
from fairhand.quality.adaptive.value import MOST_AHEAD
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFit

LEVELS: Floats = np.array(
    [0.0, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 1.1]
)
"""Confidences at which a task stops; the last is never reached."""

FUTURES = 40
_MOST_TASKS = 2_000


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of what may come, and where nine in ten futures end at most."""

    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Point:
    """One way to go on: stop each task at `level`; what that asks for and what it gives.

    `right` is the share of right labels: its middle, and what nine in ten futures reach at least
    (`right_p90`). `judgements` are those still to come.
    """

    level: float
    judgements: Spread
    right: float
    right_p90: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """The curve from no more judgements to all that may come, and quality as it stands."""

    tasks: int
    right_now: float
    points: tuple[Point, ...]

    def to_reach(self, target: float) -> Point | None:
        """Find the cheapest way to a share of right labels; None when no way leads there."""
        return next((point for point in self.points if point.right >= target), None)

    def next_point(self, gain: float = 0.01) -> Point | None:
        """Find the cheapest way to `gain` more right labels than now; None when there is none."""
        return self.to_reach(self.right_now + gain)


def forecast_quality(
    evidence: Evidence,
    dependence: Dependence,
    fit: DawidSkeneFit,
    more: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    futures: int = FUTURES,
) -> Forecast:
    """Play the project forward; `more` is how many judgements each task may still get.

    Above two thousand tasks a random sample is played and scaled up. Raises ValueError for no
    task or no answer to learn from.
    """
    tasks = len(more)
    if not tasks or not (fit.counts > 0).any():
        raise ValueError("a forecast needs tasks, and answers to learn from")
    ahead = np.minimum(more, MOST_AHEAD).astype(np.int64)
    asked, right = _play(evidence, dependence, fit, ahead, rng, futures)
    points = []
    for place, level in enumerate(LEVELS.tolist()):
        low, middle = np.quantile(right[:, place], [0.1, 0.5])
        half, most = np.quantile(asked[:, place], [0.5, 0.9])
        points.append(Point(level, Spread(float(half), float(most)), float(middle), float(low)))
    doubt = 1.0 - evidence.probabilities(dependence.rho).max(axis=1)
    return Forecast(tasks, 1.0 - float(doubt.mean()), tuple(points))


def _play(
    evidence: Evidence,
    dependence: Dependence,
    fit: DawidSkeneFit,
    ahead: NDArray[np.int64],
    rng: np.random.Generator,
    futures: int,
) -> tuple[Floats, Floats]:
    """Give judgements (whole data set) and share of right labels, futures x levels."""
    size = min(len(ahead), _MOST_TASKS)
    found = []
    for _ in range(futures):
        # Drawn with replacement, so that the spread is that of data sets like this one.
        rows = rng.integers(0, len(ahead), size)
        known = Evidence(
            evidence.log_prior[rows],
            evidence.log_evidence[rows],
            evidence.answers[rows],
            evidence.heldout[:0],
        )
        found.append(_walk(known, dependence.rho, fit, ahead[rows], rng))
    asked, right = (np.array(column, dtype=np.float64) for column in zip(*found, strict=True))
    return asked * (len(ahead) / size), right / size


def _walk(
    known: Evidence, rho: float, fit: DawidSkeneFit, ahead: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Ask every task on in one future; give judgements and right labels at each level."""
    tasks = np.arange(len(ahead))
    answers, said = known.answers.copy(), known.log_evidence.copy()
    beliefs = known.probabilities(rho)
    real = _drawn(beliefs, rng)
    share = fit.counts.sum(axis=(1, 2)) / fit.counts.sum()
    going = np.ones((len(tasks), len(LEVELS)), dtype=bool)
    asked = np.zeros(len(LEVELS), dtype=np.int64)
    right = np.zeros(len(LEVELS), dtype=np.int64)
    for step in range(int(ahead.max(initial=0)) + 1):
        if step:
            people = rng.choice(len(share), size=len(tasks), p=share)
            given = _drawn(fit.confusion[people, real], rng)
            said += np.log(np.maximum(fit.confusion[people, :, given], 1e-300))
            answers += 1
            beliefs = Evidence(known.log_prior, said, answers, known.heldout).probabilities(rho)
        met = beliefs.max(axis=1)[:, None] >= LEVELS
        ends = going & (met | (ahead <= step)[:, None])
        asked += step * ends.sum(axis=0)
        right += (ends & (beliefs.argmax(axis=1) == real)[:, None]).sum(axis=0)
        going &= ~ends
    return asked, right


def _drawn(shares: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw a class by each row's shares."""
    edges = shares.cumsum(axis=1)
    at = rng.random((len(shares), 1)) * edges[:, -1:]
    drawn: NDArray[np.intp] = (at > edges[:, :-1]).sum(axis=1)
    return drawn
