"""Consensus of photos: nobody's picture is outvoted; the largest one stands for a task.

Every photo is kept and released as an answer of its own. Where one is to stand for the task, it is
the one with the most pixels. Two photos cannot disagree, so their likeness is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairhand.labels.kind import Config
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.systems import consensus_rule


@consensus_rule("photo", "the photo with the most pixels, as the server counted them")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Choose the photo with the most pixels; of equals the last by its id."""
    return Verdict(max(answers, key=_size), 1.0)


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # two answers
    """Say that any two photos are as alike as can be asked: they show what each person saw."""
    return 1.0


def _size(answer: Mapping[str, Any]) -> tuple[int, str]:
    return answer.get("width", 0) * answer.get("height", 0), answer["upload"]


CONSENSUS = Voted("largest", settle, likeness, "Photos do not disagree")
