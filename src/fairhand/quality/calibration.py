"""Are probabilities what they claim to be? Measured against known answers, with intervals.

A probability is calibrated when, of all answers given with confidence 0.9, nine in ten are right.
Log loss and Brier's score (G. W. Brier: Verification of forecasts expressed in terms of
probability, 1950) punish both doubt and false certainty; the expected calibration error (M. P.
Naeini, G. F. Cooper, M. Hauskrecht: Obtaining well calibrated probabilities using Bayesian
binning, 2015) is the mean gap between what is claimed and what is right over bins of confidence.
Each share has an exact interval (C. J. Clopper, E. S. Pearson, 1934); each mean is bootstrapped
over tasks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from fairhand.quality.aggregation.codes import Codes, Floats

RESAMPLES = 1_000
BINS = 10
LEAST = 1e-6
"""Log loss reads a smaller probability as this one, so that one mistake is not infinite."""

_SUM_TOLERANCE = 1e-6
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Tasks of like confidence: what was claimed of them, and what share was right."""

    tasks: int
    claimed: float
    right: Estimate


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far claimed probabilities can be believed, over `tasks` tasks with a known answer.

    `gap` is claimed confidence less the share that is right: above zero says too sure. `ece` is
    never zero by chance alone; `ece_by_chance` is what perfectly calibrated claims would show.
    """

    tasks: int
    right: Estimate
    claimed: float
    gap: Estimate
    log_loss: Estimate
    brier: Estimate
    ece: float
    ece_by_chance: float
    bins: tuple[Bin, ...]


def measure_calibration(
    probabilities: ArrayLike, truth: ArrayLike, rng: np.random.Generator, *, bins: int = BINS
) -> Calibration:
    """Hold probabilities (tasks x classes) against the codes of the true classes.

    Raises ValueError for no task, a row that is not a distribution, or a truth that is no class.
    """
    given, known = _checked(probabilities, truth)
    right, claimed = _hits(given, known), given.max(axis=1)
    diagram = _bins(claimed, right, bins)
    return Calibration(
        tasks=len(known),
        right=exact_interval(float(right.sum()), len(known)),
        claimed=float(claimed.mean()),
        gap=_mean(claimed - right, rng),
        log_loss=_mean(_log_losses(given, known), rng),
        brier=_mean(_briers(given, known), rng),
        ece=_ece(diagram),
        ece_by_chance=_ece_by_chance(claimed, bins, rng),
        bins=diagram,
    )


def log_loss(probabilities: ArrayLike, truth: ArrayLike) -> float:
    """Give the mean of -ln P(true class), in nats."""
    return float(_log_losses(*_checked(probabilities, truth)).mean())


def brier_score(probabilities: ArrayLike, truth: ArrayLike) -> float:
    """Give the mean squared distance to the truth, over all classes: 0 best, 2 worst."""
    return float(_briers(*_checked(probabilities, truth)).mean())


def calibration_error(probabilities: ArrayLike, truth: ArrayLike, *, bins: int = BINS) -> float:
    """Give the expected calibration error of the most probable class, in bins of equal size."""
    return _ece(reliability(probabilities, truth, bins=bins))


def reliability(probabilities: ArrayLike, truth: ArrayLike, *, bins: int = BINS) -> tuple[Bin, ...]:
    """Draw up the reliability diagram: bins of as many tasks each, the least sure first.

    Tasks of one confidence share a bin, so there may be fewer bins than asked for. Of classes
    that tie for the most probable each gets its share of the credit.
    """
    given, known = _checked(probabilities, truth)
    return _bins(given.max(axis=1), _hits(given, known), bins)


def exact_interval(right: float, of: int, level: float = 0.95) -> Estimate:
    """Give a share and its Clopper-Pearson interval; nothing seen is anything from 0 to 1."""
    if of <= 0:
        return Estimate(0.5, 0.0, 1.0)
    tail = (1.0 - level) / 2.0
    low = float(betaincinv(right, of - right + 1.0, tail)) if right > 0 else 0.0
    high = float(betaincinv(right + 1.0, of - right, 1.0 - tail)) if right < of else 1.0
    return Estimate(right / of, low, high)


def _checked(probabilities: ArrayLike, truth: ArrayLike) -> tuple[Floats, Codes]:
    given = np.asarray(probabilities, dtype=np.float64)
    known: NDArray[Any] = np.asarray(truth)
    if given.ndim != 2 or known.shape != given.shape[:1]:
        raise ValueError(
            "probabilities must be tasks x classes and truth one class code per task; they have "
            f"the shapes {given.shape} and {known.shape}"
        )
    if not len(known):
        raise ValueError("calibration needs at least one task with a known answer")
    whole = np.isclose(given.sum(axis=1), 1.0, atol=_SUM_TOLERANCE) & (given >= 0.0).all(axis=1)
    if not whole.all():
        raise ValueError(f"row {int(whole.argmin())} of the probabilities does not sum to one")
    classes = (known >= 0) & (known < given.shape[1]) & (known == np.floor(known))
    if not classes.all():
        row = int(classes.argmin())
        raise ValueError(
            f"truth in row {row} is {known[row]}, which is no code of a class; leave out tasks "
            "without a known answer"
        )
    return given, known.astype(np.intp)


def _hits(given: Floats, known: Codes) -> Floats:
    best = np.isclose(given, given.max(axis=1, keepdims=True), rtol=0.0, atol=1e-9)
    shares: Floats = best[np.arange(len(known)), known] / best.sum(axis=1)
    return shares


def _log_losses(given: Floats, known: Codes) -> Floats:
    losses: Floats = -np.log(np.maximum(given[np.arange(len(known)), known], LEAST))
    return losses


def _briers(given: Floats, known: Codes) -> Floats:
    of_truth = given[np.arange(len(known)), known]
    scores: Floats = (given**2).sum(axis=1) - 2.0 * of_truth + 1.0
    return scores


def _places(claimed: Floats, bins: int) -> tuple[Codes, Codes]:
    """Sort tasks by confidence; give the order and where each bin starts in it."""
    order = np.argsort(claimed, kind="stable")
    ordered = claimed[order]
    wanted = np.linspace(0, len(claimed), max(bins, 1), endpoint=False).astype(np.intp)
    return order, np.unique(np.searchsorted(ordered, ordered[wanted], side="left"))


def _bins(claimed: Floats, right: Floats, bins: int) -> tuple[Bin, ...]:
    order, starts = _places(claimed, bins)
    sizes = np.diff(np.append(starts, len(claimed)))
    sums = np.add.reduceat(np.stack([claimed, right])[:, order], starts, axis=1)
    return tuple(
        Bin(int(size), float(said / size), exact_interval(float(hits), int(size)))
        for size, said, hits in zip(sizes, *sums, strict=True)
    )


def _ece(diagram: Sequence[Bin]) -> float:
    tasks = sum(one.tasks for one in diagram)
    return sum(one.tasks * abs(one.claimed - one.right.value) for one in diagram) / tasks


def _ece_by_chance(
    claimed: Floats, bins: int, rng: np.random.Generator, rounds: int = 200
) -> float:
    order, starts = _places(claimed, bins)
    ordered = claimed[order]
    found = []
    for _ in range(rounds):
        gaps = np.add.reduceat(ordered - (rng.random(len(ordered)) < ordered), starts)
        found.append(np.abs(gaps).sum() / len(ordered))
    return float(np.mean(found))


def _mean(values: Floats, rng: np.random.Generator) -> Estimate:
    """Give a mean and its interval: bootstrapped, or normal where so many make no difference."""
    value = float(values.mean())
    if len(values) > _MANY:
        error = 1.96 * float(values.std()) / math.sqrt(len(values))
        return Estimate(value, value - error, value + error)
    draws = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(value, float(low), float(high))
