"""The two passes of confident learning over all rows, compiled and shared by threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.compiled import in_threads, kernel, threads

Probabilities = NDArray[np.floating[Any]]

_MANY = 100_000


@dataclass(frozen=True, slots=True)
class Judged:
    """Per row: probability of the given label, its margin, best class, confident class or -1."""

    self_confidence: Floats
    margin: Floats
    best: Codes
    confident: Codes


def mean_self_confidence(table: Probabilities, label: Codes) -> Floats:
    """Sum the probability of the given label by class."""
    own = table[np.arange(len(label)), label].astype(np.float64)
    return np.bincount(label, weights=own, minlength=table.shape[1]).astype(np.float64)


def judge_rows(table: Probabilities, label: Codes, thresholds: Floats) -> Judged:
    """Judge every row against the classes' thresholds."""
    size = len(label)
    judged = Judged(
        np.empty(size), np.empty(size), np.empty(size, np.intp), np.empty(size, np.intp)
    )

    def work(start: int, stop: int) -> None:
        part = slice(start, stop)
        _judge(
            table[part], label[part], thresholds, judged.self_confidence[part],
            judged.margin[part], judged.best[part], judged.confident[part],
        )  # fmt: skip

    parts = threads() if size >= _MANY else 1
    in_threads(work, np.linspace(0, size, parts + 1).astype(int).tolist())
    return judged


@kernel
def _judge(
    table: Probabilities,
    label: Codes,
    thresholds: Floats,
    self_confidence: Floats,
    margin: Floats,
    best: Codes,
    confident: Codes,
) -> None:
    for row in range(len(label)):
        own = label[row]
        top, other = 0, -1.0
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
        margin[row] = table[row, own] - max(other, 0.0)
        best[row] = top
        confident[row] = sure
