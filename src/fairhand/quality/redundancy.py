"""When to stop asking: one more judgement only while there is doubt and room for it.

An owner says how sure is sure enough, or what a right answer is worth: then a judgement is asked
for only while it is expected to earn more than it costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fairhand.core.systems import automated

Reason = Literal["sure", "at_most", "price"]


@dataclass(frozen=True, slots=True)
class Stop:
    """No more judgements: `sure` enough, as many as allowed `at_most`, or not worth the `price`."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class AskMore:
    """Ask `count` more people."""

    count: int


@dataclass(frozen=True, slots=True)
class OverlapPolicy:
    """How many judgements a task gets, and how sure is sure enough.

    With `worth_micros`, what a right answer is worth, a judgement is weighed against
    `price_micros`, what it costs; both in millionths of a minor unit.
    """

    min_overlap: int
    max_overlap: int
    target_confidence: float
    worth_micros: int | None = None
    price_micros: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.min_overlap <= self.max_overlap:
            raise ValueError("min_overlap must be 1 or more and no more than max_overlap")
        if (self.worth_micros is not None and self.worth_micros < 0) or self.price_micros < 0:
            raise ValueError("worth and price must not be below zero")

    def left(self, answers: int) -> int:
        """Count the judgements a task with so many answers may still get."""
        return max(self.max_overlap - answers, 0)


@automated(
    "work.overlap",
    title="Whether one more person is asked",
    effect="routes",
    purpose="Stops asking about a task when the consensus is sure enough, or as many people have "
    "answered as the owner allows.",
    reads=("how many people have answered", "how sure the consensus is", "price of an answer"),
    parameters=(
        ("least and most answers", "the project's", "nothing outside them is asked"),
        ("target confidence", "the project's", "as sure as the consensus must be"),
    ),
    oversight="It decides about tasks, not people. The owner sets it, and may ask again.",
)
def decide(
    policy: OverlapPolicy, answers: int, confidence: float, gain: float = 0.0
) -> Stop | AskMore:
    """Decide on a task with `answers` judgements and the posterior `confidence`.

    Unanimity alone stops nothing: three newcomers who agree are as sure as their posterior. Beyond
    `min_overlap` people are asked one at a time, since each answer may settle it. A confidence
    that is not a number counts as none.

    Where the policy knows what a right answer is worth, `gain` is the expected rise of right
    answers per judgement, and `confidence` that of questions whose gain cannot be reckoned.
    """
    if answers >= policy.max_overlap:
        return Stop("at_most")
    if answers < policy.min_overlap:
        return AskMore(policy.min_overlap - answers)
    if not confidence >= policy.target_confidence:
        return AskMore(1)
    if policy.worth_micros is None:
        return Stop("sure")
    return AskMore(1) if gain * policy.worth_micros > policy.price_micros else Stop("price")
