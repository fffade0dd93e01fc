"""Consensus of recordings: people's voices do not vote; the clearest recording stands for a task.

Every recording is kept and released as an answer of its own. Where one is to stand for the task,
it is the one in which speech stands out most from the quiet around it, clipped ones last. Two
recordings cannot disagree, so their likeness is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairhand.labels.kind import Config
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.systems import consensus_rule

_MOST_CLIPPED = 0.001


@consensus_rule("recording", "the clearest of the recordings, as the server measured them")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Choose the recording that stands out most from its noise; of equals the first by its id."""
    return Verdict(max(answers, key=_clearness), 1.0)


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # two answers
    """Say that any two recordings are as alike as can be asked: voices differ."""
    return 1.0


def _clearness(answer: Mapping[str, Any]) -> tuple[bool, float, str]:
    whole = answer.get("clipped", 0.0) <= _MOST_CLIPPED
    return whole, answer.get("loudness", 0.0) - answer.get("noise", 0.0), answer["recording"]


CONSENSUS = Voted("clearest", settle, likeness, "Recordings do not disagree")
