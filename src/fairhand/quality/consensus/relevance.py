"""Consensus of relevance: each document's posterior median grade, and passages by majority.

A character belongs to a passage when more than half of the people who found the document relevant
marked it. The confidence is the mean over documents of the probability of the grade chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fairhand.labels.kind import Config
from fairhand.labels.relevance import grade_values
from fairhand.quality.consensus.graded import Cell, likeness_of, settle_grades
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.systems import consensus_rule


@consensus_rule("relevance", "each document's middle grade, and what most marked as its passages")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Settle the grades of all documents together, then vote on passages."""
    scale = grade_values(config)
    settled, sure = settle_grades([_cells(answer) for answer in answers], scale)
    value: dict[str, Any] = {"grades": {cell[0]: grade for cell, grade in settled.items()}}
    passages = {
        name: found
        for name, grade in value["grades"].items()
        if grade > scale[0] and (found := _passages(name, scale[0], answers))
    }
    if passages:
        value["passages"] = passages
    return Verdict(value, float(np.mean(list(sure.values()))) if sure else 0.0)


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    """Tell how alike two people's grades are (`graded.likeness_of`); passages do not count."""
    return likeness_of(_cells(one), _cells(other))


def _cells(answer: Mapping[str, Any]) -> dict[Cell, int]:
    return {(name,): grade for name, grade in answer["grades"].items()}


def _passages(name: str, lowest: int, answers: Sequence[Any]) -> list[list[int]]:
    """Find the stretches that more than half of those who found a document relevant marked."""
    finders = [one for one in answers if one["grades"].get(name, lowest) > lowest]
    marks = [one.get("passages", {}).get(name, []) for one in finders]
    turns = sorted(
        (at, step) for passages in marks for s, e in passages for at, step in ((s, 1), (e, -1))
    )
    found: list[list[int]] = []
    depth = 0
    for at, step in turns:
        was, depth = 2 * depth > len(finders), depth + step
        now = 2 * depth > len(finders)
        if now and not was:
            if found and found[-1][1] == at:
                found[-1][1] = -1
            else:
                found.append([at, -1])
        elif was and not now:
            found[-1][1] = at
    return [one for one in found if one[0] < one[1]]


CONSENSUS = Voted("ordinal", settle, likeness, "grade-likeness")
