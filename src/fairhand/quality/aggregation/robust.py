"""Means of numbers that a few wild answers cannot carry off, with standard errors.

P. J. Huber: Robust estimation of a location parameter, Annals of Mathematical Statistics 35, 1964;
the trimmed mean's error from the winsorised variance (J. W. Tukey, D. H. McLaughlin, 1963).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.aggregation.numeric import Numbers, read_numbers

Kind = Literal["mean", "median", "trimmed", "huber"]

_HUBER = 1.345  # 95 % as efficient as the mean where answers are normal
_MAD = 1.4826  # the normal distribution's sd over its median absolute deviation
_MEDIAN = np.sqrt(np.pi / 2.0)  # the median's standard error over the mean's, for normal answers
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class RobustMeans:
    """One value per task with its standard error; infinite where a lone answer cannot tell it.

    `counts` are the answers; `outlying` how many of them the mean gave less than half weight.
    """

    tasks: tuple[Any, ...]
    values: Floats
    errors: Floats
    counts: NDArray[np.intp]
    outlying: NDArray[np.intp]
    method: str
    warnings: tuple[str, ...]


def robust_mean(
    task: object,
    worker: Sequence[Any] | NDArray[Any] | None = None,
    label: Sequence[Any] | NDArray[Any] | None = None,
    *,
    method: Kind = "huber",
    trim: float = 0.2,
    columns: tuple[str, str, str] = ("task", "worker", "label"),
) -> RobustMeans:
    """Give a mean, median, trimmed mean (`trim` off each end) or Huber's mean per task.

    Answers come as one table or three columns. Raises ValueError naming the row where an answer
    is missing or not a finite number, and for a `trim` outside [0, 0.5).
    """
    if not 0.0 <= trim < 0.5:
        raise ValueError("trim must be at least 0 and under 0.5")
    if method not in _METHODS:
        raise ValueError(f"method is {method!r}; it must be one of {', '.join(_METHODS)}")
    answers = read_numbers(task, worker, label, columns)
    groups = _Groups.of(answers)
    values, errors, outlying = _METHODS[method](groups, trim)
    lone = int((groups.counts == 1).sum())
    warnings = [f"{lone} tasks have a single answer; their error is unknown"] if lone else []
    if outlying.sum():
        warnings.append(
            f"{int(outlying.sum())} of {len(answers.value)} answers got less than half weight"
        )
    return RobustMeans(
        answers.tasks, values, errors, groups.counts, outlying, method, tuple(warnings)
    )


@dataclass(frozen=True, slots=True)
class _Groups:
    """Answers task by task, and inside a task from low to high."""

    value: Floats
    task: NDArray[np.intp]
    starts: NDArray[np.intp]
    counts: NDArray[np.intp]

    @classmethod
    def of(cls, answers: Numbers) -> _Groups:
        order = np.lexsort((answers.value, answers.task))
        counts = np.bincount(answers.task, minlength=len(answers.tasks))
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)[: len(counts)]
        return cls(answers.value[order], answers.task[order], starts, counts)

    def sums(self, weights: Floats) -> Floats:
        """Add up weights task by task."""
        found = np.bincount(self.task, weights=weights, minlength=len(self.counts))
        return found.astype(np.float64)

    def medians(self, value: Floats | None = None) -> Floats:
        """Give each task's median of values in the order of the answers."""
        ordered = self.value if value is None else value[np.lexsort((value, self.task))]
        if not len(self.counts):
            return np.zeros(0)
        low, high = (self.counts - 1) // 2, self.counts // 2
        middle: Floats = (ordered[self.starts + low] + ordered[self.starts + high]) / 2.0
        return middle

    def spread(self, middle: Floats) -> Floats:
        """Give each task's standard deviation around a middle; infinite for a lone answer."""
        square = self.sums((self.value - middle[self.task]) ** 2)
        return _error_of(square, self.counts - 1)


def _error_of(square: Floats, freedom: NDArray[Any]) -> Floats:
    found: Floats = np.where(freedom > 0, np.sqrt(square / np.maximum(freedom, 1)), np.inf)
    return found


_Found = tuple[Floats, Floats, NDArray[np.intp]]


def _mean(groups: _Groups, trim: float) -> _Found:
    middle = groups.sums(groups.value) / np.maximum(groups.counts, 1)
    error = groups.spread(middle) / np.sqrt(np.maximum(groups.counts, 1))
    return middle, error, np.zeros(len(groups.counts), np.intp)


def _median(groups: _Groups, trim: float) -> _Found:
    middle = groups.medians()
    error = _MEDIAN * groups.spread(middle) / np.sqrt(np.maximum(groups.counts, 1))
    return middle, error, np.zeros(len(groups.counts), np.intp)


def _trimmed(groups: _Groups, trim: float) -> _Found:
    """Drop a share of the answers at each end; the error is of the winsorised answers."""
    cut = np.floor(trim * groups.counts).astype(np.intp)
    place = np.arange(len(groups.value)) - groups.starts[groups.task]
    kept = (place >= cut[groups.task]) & (place < (groups.counts - cut)[groups.task])
    left = np.maximum(groups.counts - 2 * cut, 1)
    middle = groups.sums(np.where(kept, groups.value, 0.0)) / left
    low = groups.value[(groups.starts + cut)[groups.task]]
    high = groups.value[(groups.starts + groups.counts - 1 - cut)[groups.task]]
    winsorised = np.clip(groups.value, low, high)
    mean = groups.sums(winsorised) / np.maximum(groups.counts, 1)
    square = groups.sums((winsorised - mean[groups.task]) ** 2)
    error = _error_of(square, groups.counts - 1) * np.sqrt(groups.counts) / left
    return middle, error, 2 * cut


def _huber(groups: _Groups, trim: float) -> _Found:
    """Weigh answers far from the middle by one over their distance, until nothing moves.

    The spread is the task's own where it has answers enough to tell, else everybody's: between
    them by their number (four answers weigh even).
    """
    middle = groups.medians()
    away = np.abs(groups.value - middle[groups.task])
    everybody = _MAD * float(np.median(away)) if len(away) else 0.0
    everybody = everybody or float(away.mean()) if len(away) else 0.0
    own = _MAD * groups.medians(away)
    share = groups.counts / (groups.counts + 4.0)
    scale = np.maximum(share * own + (1.0 - share) * everybody, np.finfo(float).tiny)
    weight = np.ones(len(groups.value))
    for _ in range(_ROUNDS):
        distance = np.abs(groups.value - middle[groups.task]) / scale[groups.task]
        weight = np.minimum(1.0, _HUBER / np.maximum(distance, _HUBER))
        moved = groups.sums(weight * groups.value) / groups.sums(weight)
        still = np.abs(moved - middle).max(initial=0.0) <= 1e-10 * max(everybody, 1e-300)
        middle = moved
        if still:
            break
    inside = groups.sums((weight >= 1.0).astype(np.float64))
    square = groups.sums((weight * (groups.value - middle[groups.task])) ** 2)
    error = _error_of(square, groups.counts - 1) * np.sqrt(groups.counts) / np.maximum(inside, 1.0)
    return middle, error, groups.sums((weight < 0.5).astype(np.float64)).astype(np.intp)


_METHODS = {"mean": _mean, "median": _median, "trimmed": _trimmed, "huber": _huber}
