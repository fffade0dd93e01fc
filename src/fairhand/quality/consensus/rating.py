"""Consensus of ratings: each criterion's posterior median on its scale.

The confidence is the mean over ratings of the probability of the one chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fairhand.labels.kind import Config
from fairhand.quality.consensus.graded import Cell, likeness_of, settle_grades
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.systems import consensus_rule


@consensus_rule("rating", "each criterion's middle grade, by how far errors usually reach")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Settle every rating of the task together."""
    scale = range(1, int(config.get("steps", 5)) + 1)
    settled, sure = settle_grades([_cells(answer) for answer in answers], scale)
    confidence = float(np.mean(list(sure.values()))) if sure else 0.0
    if config.get("each", "task") == "task":
        return Verdict(
            {"ratings": {cell[-1]: grade for cell, grade in settled.items()}}, confidence
        )
    replies: dict[str, dict[str, int]] = {}
    for (reply, name), grade in settled.items():
        replies.setdefault(reply, {})[name] = grade
    return Verdict({"replies": replies}, confidence)


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    """Tell how alike two people's ratings are (`graded.likeness_of`)."""
    return likeness_of(_cells(one), _cells(other))


def _cells(answer: Mapping[str, Any]) -> dict[Cell, int]:
    if "ratings" in answer:
        return {("", name): grade for name, grade in answer["ratings"].items()}
    return {
        (reply, name): grade
        for reply, ratings in answer.get("replies", {}).items()
        for name, grade in ratings.items()
    }


CONSENSUS = Voted("ordinal", settle, likeness, "grade-likeness")
