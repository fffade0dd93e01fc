"""How far apart two labels are: the six difference functions of Krippendorff.

K. Krippendorff: Computing Krippendorff's alpha-reliability (2011), section E. Each is a squared
difference. Nominal, ordinal, interval and circular differences are distances between points, so
that sums over all pairs follow from sums over single answers, whatever the number of values;
ratio and polar differences have to look at every pair of distinct values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats

Metric = Literal["nominal", "ordinal", "interval", "ratio", "polar", "circular"]
METRICS: tuple[str, ...] = get_args(Metric)

_BLOCK_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale that labels are on; `values` are the classes as numbers, in their order.

    `period` is the length of a circular scale (24 for hours, 360 for degrees); `poles` are both
    ends of a polar one, the least and the greatest value given where they are left out.
    """

    metric: Metric
    values: Floats
    period: float | None = None
    poles: tuple[float, float] | None = None

    def coordinates(self, totals: Floats) -> Floats | None:
        """Points (classes x dimensions) whose squared distances are the differences, or None.

        `totals` says how often each class was given: on an ordinal scale the distance of two
        grades is the number of answers between them.
        """
        if self.metric == "ordinal":
            return midranks(totals)[:, np.newaxis]
        if self.metric == "interval":
            centred: Floats = self.values - self.values.mean()
            return centred[:, np.newaxis]
        if self.metric == "circular":
            turns = 2 * np.pi * self.values / float(self.period or 1.0)
            return np.column_stack([np.cos(turns), np.sin(turns)]) / 2
        return None

    def differences(self, totals: Floats) -> Floats:
        """Squared difference of each two classes, classes x classes."""
        points = self.coordinates(totals)
        if points is not None:
            gaps = points[:, np.newaxis, :] - points[np.newaxis, :, :]
            squares: Floats = (gaps**2).sum(axis=2)
            return squares
        if self.metric == "nominal":
            return 1.0 - np.eye(len(totals))
        return self.between(self.values[:, np.newaxis], self.values[np.newaxis, :])

    def between(self, one: Floats, other: Floats) -> Floats:
        """Ratio or polar differences of numbers, element by element."""
        if self.metric == "ratio":
            scale = (one + other) ** 2
        else:
            low, high = self.poles or (self.values.min(), self.values.max())
            scale = (one + other - 2 * low) * (2 * high - one - other)
        gaps = (one - other) ** 2
        # Two answers at one pole (or both zero) are the same answer: no difference, not 0 / 0.
        return np.divide(gaps, scale, out=np.zeros_like(gaps), where=(scale > 0) & (gaps > 0))

    def to_all(self, shares: Floats) -> Floats:
        """Mean difference between each class and an answer drawn from `shares`."""
        points = self.coordinates(shares)
        if points is not None:
            centre = shares @ points
            spread = shares @ ((points - centre) ** 2).sum(axis=1)
            mean: Floats = ((points - centre) ** 2).sum(axis=1) + spread
            return mean
        if self.metric == "nominal":
            return 1.0 - shares
        rows = max(1, _BLOCK_CELLS // len(shares))
        blocks = [
            self.between(self.values[start : start + rows, np.newaxis], self.values) @ shares
            for start in range(0, len(shares), rows)
        ]
        return np.concatenate(blocks) if blocks else shares

    def within(self, task: Codes, label: Codes, totals: Floats, tasks: int) -> Floats:
        """Sum of the differences over all ordered pairs of answers to one task, for each task."""
        size = np.bincount(task, minlength=tasks).astype(np.float64)
        points = self.coordinates(totals)
        if points is not None:
            around = [_spread(task, axis[label], size) for axis in points.T]
            spread: Floats = np.vstack(around).sum(axis=0)
            return 2 * size * spread
        cells, counts = np.unique(task * len(totals) + label, return_counts=True)
        task, label = cells // len(totals), cells % len(totals)
        if self.metric == "nominal":
            return size**2 - np.bincount(task, (counts**2).astype(np.float64), tasks)
        return self._pairs_within(task, label, counts.astype(np.float64), tasks)

    def _pairs_within(self, task: Codes, label: Codes, counts: Floats, tasks: int) -> Floats:
        """Compare each cell with the next one of its task, the next but one, and so on."""
        found = np.zeros(tasks)
        here, step = np.arange(len(task)), 0
        while len(here):
            step += 1
            here = here[: np.searchsorted(here, len(task) - step)]
            here = here[task[here] == task[here + step]]
            gaps = self.between(self.values[label[here]], self.values[label[here + step]])
            found += np.bincount(task[here], 2 * gaps * counts[here] * counts[here + step], tasks)
        return found


def scale_of(
    metric: str,
    classes: Sequence[Any],
    *,
    period: float | None = None,
    poles: tuple[float, float] | None = None,
) -> Scale:
    """Put the classes on a scale.

    Raises ValueError for an unknown metric, a label that is no finite number where the metric
    needs numbers, negative numbers on a ratio scale, a circular scale without its period, or
    labels outside the poles.
    """
    if metric not in METRICS:
        raise ValueError(f"metric {metric!r} is unknown; choose one of {', '.join(METRICS)}")
    chosen: Metric = metric  # type: ignore[assignment]
    if chosen in ("nominal", "ordinal"):
        return Scale(chosen, np.arange(len(classes), dtype=np.float64))
    values = numbers_of(classes, chosen)
    if chosen == "ratio" and (values < 0).any():
        raise ValueError("a ratio scale has no negative values; use metric='interval'")
    if chosen == "circular" and not (period is not None and period > 0):
        raise ValueError("metric='circular' needs period=, such as 24 for hours of the day")
    if chosen == "polar" and poles and ((values < poles[0]) | (values > poles[1])).any():
        raise ValueError(f"some labels are outside the poles {poles[0]} and {poles[1]}")
    return Scale(chosen, values, period, poles)


def numbers_of(classes: Sequence[Any], metric: str) -> Floats:
    """Read the classes as finite numbers; ValueError names the first that is none."""
    try:
        found = np.asarray(classes, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.full(len(classes), np.nan)
    if np.isfinite(found).all():
        return found
    for name in classes:
        if not _is_number(name):
            raise ValueError(f"metric={metric!r} needs finite numbers; {name!r} is none")
    return np.array([float(name) for name in classes])


def _is_number(name: object) -> bool:
    try:
        return bool(np.isfinite(float(name)))  # type: ignore[arg-type]  # that is the question
    except (TypeError, ValueError):
        return False


def midranks(totals: Floats) -> Floats:
    """Middle of the places that each class takes when all answers are put in order, in 0..1."""
    above = np.cumsum(totals, axis=-1)
    whole = np.maximum(above[..., -1:], 1e-100)
    ranks: NDArray[np.float64] = (above - totals / 2) / whole
    return ranks


def _spread(task: Codes, at: Floats, size: Floats) -> Floats:
    """Sum of squared distances from a task's own mean: no cancellation far from zero."""
    mean = np.bincount(task, at, len(size)) / np.maximum(size, 1)
    return np.bincount(task, (at - mean[task]) ** 2, len(size)).astype(np.float64, copy=False)
