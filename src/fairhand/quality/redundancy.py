"""When to stop asking: one more judgement only while there is doubt and room for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal["sure", "at_most"]


@dataclass(frozen=True, slots=True)
class Stop:
    """No more judgements: `sure` enough, or as many as the project allows `at_most`."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class AskMore:
    """Ask `count` more people."""

    count: int


@dataclass(frozen=True, slots=True)
class OverlapPolicy:
    """How many judgements a task gets, and how sure is sure enough."""

    min_overlap: int
    max_overlap: int
    target_confidence: float

    def __post_init__(self) -> None:
        if not 1 <= self.min_overlap <= self.max_overlap:
            raise ValueError("min_overlap must be 1 or more and no more than max_overlap")


def decide(policy: OverlapPolicy, answers: int, confidence: float) -> Stop | AskMore:
    """Decide on a task with `answers` judgements and the posterior `confidence`.

    Unanimity alone stops nothing: three newcomers who agree are as sure as their posterior. Beyond
    `min_overlap` people are asked one at a time, since each answer may settle it. A confidence
    that is not a number counts as none.
    """
    if answers >= policy.max_overlap:
        return Stop("at_most")
    if answers < policy.min_overlap:
        return AskMore(policy.min_overlap - answers)
    return Stop("sure") if confidence >= policy.target_confidence else AskMore(1)
