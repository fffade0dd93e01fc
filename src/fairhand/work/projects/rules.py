"""What a project must satisfy; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.core.errors import Issue
from fairhand.core.money import exponent
from fairhand.labels.conditions import condition_issues
from fairhand.labels.registry import validate_config
from fairhand.model.project import Question

MAX_OVERLAP = 50
MAX_QUESTIONS = 20
MOST_WORTH = 10**15  # a billion minor units
GUIDELINES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class ProjectPolicy:
    """What an owner decides about a project."""

    title: str
    purpose: str
    guidelines: str
    questions: tuple[Question, ...]
    currency: str
    rate_micros_per_hour: int
    min_overlap: int = 2
    max_overlap: int = 5
    target_confidence: float = 0.95
    expected_ms: int = 20_000
    tier: int = 0
    worth_micros: int | None = None


def check_policy(policy: ProjectPolicy) -> list[Issue]:
    """List everything that is wrong with a project's policy, all at once."""
    issues = []
    if not 3 <= len(policy.title.strip()) <= 200:
        issues.append(Issue("title", "Give a title of 3 to 200 characters."))
    if not policy.purpose.strip():
        issues.append(
            Issue("purpose", "Say in a sentence what the data is for: people decide by it.")
        )
    if len(policy.guidelines) > GUIDELINES_MAX:
        issues.append(Issue("guidelines", f"Keep guidelines under {GUIDELINES_MAX:,} characters."))
    issues += _check_numbers(policy)
    issues += check_questions(policy.questions)
    return issues


def _check_numbers(policy: ProjectPolicy) -> list[Issue]:
    issues = []
    try:
        exponent(policy.currency)
    except ValueError as error:
        issues.append(Issue("currency", str(error)))
    if policy.rate_micros_per_hour <= 0:
        issues.append(Issue("rate", "Pay per hour must be above zero."))
    if not 1 <= policy.min_overlap <= policy.max_overlap <= MAX_OVERLAP:
        issues.append(
            Issue("overlap", f"Ask 1 <= min_overlap <= max_overlap <= {MAX_OVERLAP} people a task.")
        )
    if not 0.5 <= policy.target_confidence < 1:
        issues.append(Issue("target_confidence", "Choose a target from 0.5 to below 1, as 0.95."))
    issues += check_worth(policy.worth_micros)
    if not 500 <= policy.expected_ms <= 3_600_000:
        issues.append(Issue("expected_seconds", "Expect 0.5 seconds to an hour per task."))
    if not 0 <= policy.tier <= 3:
        issues.append(Issue("tier", "Content tiers are 0 (harmless) to 3 (severe)."))
    return issues


def check_worth(worth_micros: int | None) -> list[Issue]:
    """List what is wrong with what a right answer is worth; none at all is fine."""
    if worth_micros is None or 0 < worth_micros <= MOST_WORTH:
        return []
    return [Issue("worth", "Say what a right answer is worth: above zero, or leave it empty.")]


def check_questions(questions: Sequence[Question]) -> list[Issue]:
    """List what is wrong with a project's questions."""
    if not questions:
        return [Issue("questions", "Ask at least one question.")]
    if len(questions) > MAX_QUESTIONS:
        return [Issue("questions", f"Ask at most {MAX_QUESTIONS} questions.")]
    issues = []
    names = [question.name for question in questions]
    for name in sorted({name for name in names if names.count(name) > 1}):
        issues.append(Issue(f"questions.{name}", "Two questions have this name."))
    for question in questions:
        if not question.name.isidentifier() or len(question.name) > 60:
            issues.append(
                Issue(f"questions.{question.name}", "Name a question like a variable: `digit`.")
            )
        issues += [
            Issue(f"questions.{question.name}.{issue.place}", issue.message, issue.severity)
            for issue in validate_config(question.kind, question.config)
        ]
    issues += [
        Issue(f"questions.{issue.place}", issue.message) for issue in condition_issues(questions)
    ]
    return issues


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the opening gate looks at; `readiness` is what the stages before compute still miss."""

    tasks: int
    guidelines: str
    escrow_micros: int
    people_without_floor: int
    readiness: tuple[Issue, ...] = ()


def check_gate(facts: GateFacts) -> list[Issue]:
    """List what still stands between a project and paid work in the open."""
    issues = []
    if not facts.tasks:
        issues.append(Issue("tasks", "Import tasks first."))
    if not facts.guidelines.strip():
        issues.append(Issue("guidelines", "Write guidelines: people cannot guess what you mean."))
    if facts.escrow_micros <= 0:
        issues.append(
            Issue("escrow", "Set money aside first: work is handed out only when funded.")
        )
    if facts.people_without_floor:
        issues.append(
            Issue(
                "floors", f"{facts.people_without_floor} people live where no wage floor is active."
            )
        )
    said = {issue.place for issue in issues}
    return issues + [issue for issue in facts.readiness if issue.place not in said]
