"""What people say of a task beside what a model says, and how far one matches the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fairhand.labels.answers import Asked
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Voted
from fairhand.quality.mask_overlap import layers_iou, layers_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]
Match = Callable[[Any, Any], float]

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Judged:
    """One task: its truth by people, what the model says, and who said what.

    `predicted` is None where the model gave no answer. `score` is the probability it claims to be
    right; `probabilities` those of the labels of a single choice. `slices` maps a field of the
    task's data to its value; `answers` lists (person, answer).
    """

    task_id: int
    truth: Any
    predicted: Any = None
    score: float | None = None
    probabilities: Mapping[str, float] | None = None
    slices: Mapping[str, str] = field(default_factory=dict)
    answers: Sequence[tuple[int, Any]] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, and how many tasks it rests on."""

    value: float
    low: float
    high: float
    tasks: int


def measure_of(question: Asked) -> str:
    """Name the measure by which one answer to this question matches another."""
    kind = KINDS.get(question.kind)
    return kind.measure if isinstance(kind, Voted) else "accuracy"


def match_of(question: Asked) -> Match:
    """Give the function that says how far two answers match, 0 to 1.

    Choices match or do not (several labels: all of them); others by their kind's own measure.
    """
    if question.kind == "mask":
        return _overlap
    kind = KINDS.get(question.kind)
    return kind.likeness if isinstance(kind, Voted) else _same


def ready(question: Asked, answer: Any) -> Any:  # noqa: ANN401  # an answer of the kind
    """Read an answer once, so that it can be matched many times."""
    if answer is None:
        return None
    if question.kind == "mask":
        return layers_of(answer)
    several = question.kind == "choice" and isinstance(answer, list)
    return frozenset(answer) if several else answer


def mean_estimate(values: Floats, level: float = LEVEL) -> Estimate:
    """Mean of values in 0..1 with Student's interval; Wilson's where they are yes and no.

    Student (W. S. Gosset): The probable error of a mean, Biometrika 6 (1908). E. B. Wilson:
    Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
    """
    n = len(values)
    if n == 0:
        return Estimate(math.nan, 0.0, 1.0, 0)
    mean = float(values.mean())
    if bool(((values == 0.0) | (values == 1.0)).all()):
        return Estimate(mean, *wilson(float(values.sum()), n, level), n)
    if n == 1:
        return Estimate(mean, 0.0, 1.0, 1)
    half = student(n - 1, level) * float(values.std(ddof=1)) / math.sqrt(n)
    return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half), n)


def wilson(right: float, of: float, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of a share."""
    if of <= 0:
        return 0.0, 1.0
    z = float(special.ndtri(0.5 + level / 2))
    share = right / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def student(freedom: float, level: float) -> float:
    """How many standard errors Student's interval reaches to each side."""
    return float(special.stdtrit(freedom, 0.5 + level / 2))


def _same(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    return float(one == other)


def _overlap(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    return layers_iou(one, other)
