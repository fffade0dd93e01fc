"""What a gold task must satisfy; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairhand.core.errors import Issue
from fairhand.labels.answers import Asked, normalise_value, validate_value
from fairhand.labels.kind import AnswerContext

MAX_SHARE_PERCENT = 50
EXPLANATION_MAX = 5_000


def check_share(percent: float) -> list[Issue]:
    """List what is wrong with a share of gold tasks, in per cent of the tasks handed out."""
    if 0 <= percent <= MAX_SHARE_PERCENT:
        return []
    message = f"Mix in 0 to {MAX_SHARE_PERCENT} gold tasks in a hundred; 5 is usual."
    return [Issue("gold_percent", message)]


def check_known(
    questions: Sequence[Asked],
    value: Mapping[str, Any],
    explanation: str,
    context: AnswerContext,
) -> list[Issue]:
    """List what keeps a known answer from being one: it answers some questions, each validly."""
    asked = [question for question in questions if question.name in value]
    names = {question.name for question in questions}
    issues = [
        Issue(str(name)[:60], "is not a question of this project")
        for name in list(value)[:10]
        if name not in names
    ]
    issues += [
        Issue(question.name, "has no one truth, so nobody can be right or wrong about it")
        for question in asked
        if question.config.get("subjective", False)
    ]
    issues += validate_value(asked, {one.name: value[one.name] for one in asked}, context)
    if len(explanation) > EXPLANATION_MAX:
        issues.append(Issue("explanation", f"Keep it under {EXPLANATION_MAX:,} characters."))
    return issues


def canonical(questions: Sequence[Asked], value: Mapping[str, Any]) -> dict[str, Any]:
    """Write a valid known answer in its canonical form."""
    return normalise_value([one for one in questions if one.name in value], value)
