"""What every aggregator of categorical answers gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fairhand.quality.aggregation.codes import Codes, Floats

_TIE_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One label and one probability row per task; `labels[i]` answers `tasks[i]`.

    `warnings` says in sentences why the result may be doubtful; empty when nothing is amiss.
    """

    tasks: tuple[Any, ...]
    classes: tuple[Any, ...]
    workers: tuple[Any, ...]
    labels: tuple[Any, ...]
    probabilities: Floats
    method: str
    warnings: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def confidence(self) -> Floats:
        """The probability of the label that was chosen, per task."""
        if self.probabilities.size == 0:
            return np.zeros(len(self.tasks))
        best: Floats = self.probabilities.max(axis=1)
        return best


def winners(probabilities: Floats) -> Codes:
    """Pick the most probable class of each row; of tied classes the first.

    Ties are judged to nine digits, so that rounding noise does not decide between equals.
    """
    if probabilities.shape[1] == 0:
        return np.zeros(0, dtype=np.intp)
    best: Codes = np.round(probabilities, _TIE_DIGITS).argmax(axis=1)
    return best


def names_of(classes: tuple[Any, ...], codes: Codes) -> tuple[Any, ...]:
    """Name the class of each code."""
    names = np.empty(len(classes), dtype=object)
    for place, name in enumerate(classes):
        names[place] = name
    return tuple(names[codes].tolist())
