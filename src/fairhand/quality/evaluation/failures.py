"""Which tasks a model fails, the costliest first: surely wrong before wrong in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.quality.evaluation.judged import Floats, Judged

LEAST_OVERLAP = 0.75
"""A mask that overlaps people's by less is a failure: two careful people are above it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that the model got wrong: what people say, what it said, and how sure it was.

    `loss` orders failures: for labels 1 and up to 1 more by how sure it was; for masks what is
    missing of the overlap. A task without an answer of the model has loss 1.
    """

    task_id: int
    expected: Any
    predicted: Any
    score: float | None
    loss: float


def find_failures(
    judged: Sequence[Judged], matched: Floats, *, measure: str, least: float = LEAST_OVERLAP
) -> list[Failure]:
    """List failures, the largest loss first; `matched` is how far each task matches, 0 to 1."""
    enough = least if measure == "iou" else 1.0
    found = [
        Failure(one.task_id, one.truth, one.predicted, one.score, _loss(one, float(fit), measure))
        for one, fit in zip(judged, matched, strict=True)
        if one.predicted is None or fit < enough
    ]
    return sorted(found, key=lambda failure: (-failure.loss, failure.task_id))


def _loss(one: Judged, fit: float, measure: str) -> float:
    if one.predicted is None:
        return 1.0
    if measure == "iou":
        return 1.0 - fit
    return 1.0 + (one.score or 0.0)
