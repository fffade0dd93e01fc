"""The two passes of confident learning over all rows, compiled and shared by threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.compiled import in_threads, kernel, threads

Probabilities = NDArray[np.floating[Any]]
T = TypeVar("T")

_MANY = 100_000
_TOLERANCE = 0.02
"""Half precision makes rows of many classes sum to one only about."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Per row: probability of the given label, its margin, best class, confident class or -1.

    `joint` counts rows by given and confident class (the paper's confident joint).
    """

    self_confidence: Floats
    margin: Floats
    best: Codes
    confident: Codes
    joint: Floats


def self_confidence_sums(table: Probabilities, label: Codes) -> Floats:
    """Sum the probability of the given label by class.

    Raises ValueError that names the first row that does not hold shares that sum to one.
    """
    wide = table.shape[1]

    def work(start: int, stop: int) -> tuple[int, Floats]:
        sums = np.zeros(wide)
        survey = _survey.for_work(table.size)
        bad = survey(table[start:stop], label[start:stop], sums, _TOLERANCE)
        return (start + bad if bad >= 0 else -1), sums

    parts = _side_by_side(work, len(label))
    for bad, _ in parts:
        if bad >= 0:
            raise ValueError(f"row {bad} of the probabilities does not hold shares that sum to one")
    return np.sum([sums for _, sums in parts], axis=0) if parts else np.zeros(wide)


def judge_rows(table: Probabilities, label: Codes, thresholds: Floats) -> Judged:
    """Judge every row against the classes' thresholds."""
    size, wide = len(label), table.shape[1]
    own, margin = np.empty(size), np.empty(size)
    best, confident = np.empty(size, np.intp), np.empty(size, np.intp)

    def work(start: int, stop: int) -> Floats:
        joint, part = np.zeros((wide, wide)), slice(start, stop)
        _judge.for_work(table.size)(
            table[part], label[part], thresholds,
            own[part], margin[part], best[part], confident[part], joint,
        )  # fmt: skip
        return joint

    joints = _side_by_side(work, size)
    return Judged(own, margin, best, confident, np.sum([np.zeros((wide, wide)), *joints], axis=0))


def _side_by_side(work: Callable[[int, int], T], size: int) -> list[T]:
    parts = threads() if size >= _MANY else 1
    return in_threads(work, np.linspace(0, size, parts + 1).astype(int).tolist())


@kernel
def _survey(table: Probabilities, label: Codes, sums: Floats, tolerance: float) -> int:
    for row in range(len(label)):
        total, least = 0.0, 0.0
        for column in range(table.shape[1]):
            chance = table[row, column]
            total += chance
            least = min(least, chance)
        # NaN and infinities fail here, too: they compare as false.
        if not (abs(total - 1.0) <= tolerance and least >= 0.0):
            return row
        sums[label[row]] += table[row, label[row]]
    return -1


@kernel
def _judge(
    table: Probabilities,
    label: Codes,
    thresholds: Floats,
    self_confidence: Floats,
    margin: Floats,
    best: Codes,
    confident: Codes,
    joint: Floats,
) -> None:
    for row in range(len(label)):
        own = label[row]
        top, other = 0, 0.0
        sure, sure_of = -1, -1.0
        for column in range(table.shape[1]):
            chance = table[row, column]
            if chance > table[row, top]:
                top = column
            if column != own and chance > other:
                other = chance
            # Rounding must not put a row under a mean that it equals.
            if chance >= thresholds[column] - 1e-6 and chance > sure_of:
                sure, sure_of = column, chance
        self_confidence[row] = table[row, own]
        margin[row] = table[row, own] - other
        best[row] = top
        confident[row] = sure
        if sure >= 0:
            joint[own, sure] += 1.0
