"""How alike the answers behind a released one are to it: by the measure of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from fairhand.model.project import Question
from fairhand.proof.release.source import Measure
from fairhand.quality.gold_match import enough, likeness

_CANNOT_DISAGREE: Final = frozenset({"photo", "recording"})
_NEVER_JUST_THE_SAME: Final = frozenset(
    {"boxes", "keypoints", "mask", "polygons", "segments", "spans", "text", "transcript"}
)
"""What is drawn, marked or written: two people who mean the same do not give the very same."""


def likeness_of(question: Question, one: Any, other: Any) -> float | None:  # noqa: ANN401  # answers
    """Tell how alike two answers that differ are, 0 to 1.

    Choices are not at all; where a question has no one truth, or answers cannot disagree: None.
    """
    if question.kind in _CANNOT_DISAGREE or question.config.get("subjective"):
        return None
    return likeness(question.kind, one, other)


def enough_for(question: Question) -> float:
    """From which likeness on two people say the same: as an answer to a gold task is right.

    Of choices, grades and rankings only the very same is.
    """
    return enough(question.kind) if question.kind in _NEVER_JUST_THE_SAME else 1.0


def says_the_same(question: Question, one: Any, other: Any) -> bool:  # noqa: ANN401  # answers
    """Say whether one answer confirms another."""
    if one is None or other is None or one == other:
        return bool(one == other)
    alike = likeness_of(question, one, other)
    return alike is not None and alike >= enough_for(question)


def same_answers(
    questions: Sequence[Question],
) -> Callable[[Mapping[str, Any], Mapping[str, Any]], bool]:
    """Give what says whether two people answered the same questions and say the same in all."""
    asked = {question.name: question for question in questions}

    def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        return one.keys() == other.keys() and all(
            says_the_same(asked[name], value, other[name])
            if name in asked
            else value == other[name]
            for name, value in one.items()
        )

    return is_same


MEASURE: Final = Measure(likeness_of, enough_for)
