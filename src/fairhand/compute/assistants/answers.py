"""What makers of proposals say, as proposals: plain values are checked against the question.

A maker is a stranger: a person's function, a network from elsewhere, a server. What it says is
taken only when it is an answer to the question; anything else is a problem in words, kept with
the proposal that it did not become (`details["problem"]`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, Final

from fairhand.compute.assistants.contract import AssistantError, Item, Proposal
from fairhand.labels import registry
from fairhand.labels.answers import validate_value
from fairhand.labels.kind import AnswerContext, json_type, shown
from fairhand.model.project import Question

PROBLEM: Final = "problem"
"""The key in a proposal's details that says why there is no answer."""


UNUSABLE: Final = "unusable_answer"
"""The code of a failure that lies with the items, not with the assistant."""


class UnusableError(ValueError):
    """A plain value that cannot become a proposal; its message says why."""


def question_of(questions: Sequence[Question], name: str | None) -> Question:
    """Find the question that is answered; without a name, the only one there is.

    Raises AssistantError naming those there are.
    """
    known = ", ".join(question.name for question in questions) or "none"
    if name is None:
        if len(questions) == 1:
            return questions[0]
        raise AssistantError(
            f"Say which question it answers; there are: {known}.", hop="value", code="no_question"
        )
    for question in questions:
        if question.name == name:
            return question
    raise AssistantError(
        f"There is no question {shown(name)}; there are: {known}.", hop="value", code="no_question"
    )


def to_proposal(said: object, question: Question, item: Item) -> Proposal:
    """Read what a maker said of one item; never raises.

    An answer (`"cat"`), an answer with its score (`("cat", 0.9)`), for choices a mapping of labels
    to probabilities (`{"cat": 0.9, "dog": 0.1}`), a whole Proposal, or None for no proposal.
    """
    try:
        return _checked(_read(said, question), question, item)
    except UnusableError as error:
        return unusable(str(error))


def unusable(problem: str, **details: Any) -> Proposal:  # noqa: ANN401  # any JSON value
    """Make the proposal that is none, with the reason why."""
    return Proposal(None, details={PROBLEM: problem[:500], **details})


def problem_of(proposal: Proposal) -> str | None:
    """Say why there is no answer; None when there is one, or none was meant."""
    found = proposal.details.get(PROBLEM)
    return None if proposal.value is not None or found is None else str(found)


def raise_when_all_failed(proposals: Sequence[Proposal]) -> None:
    """Raise AssistantError with the first problem when not a single item came out well."""
    problems = [problem_of(proposal) for proposal in proposals]
    if proposals and problems[0] is not None and all(problem is not None for problem in problems):
        code = str(proposals[0].details.get("code", UNUSABLE))
        raise AssistantError(problems[0], hop="value", code=code)


def _read(said: object, question: Question) -> Proposal:
    if said is None:
        return Proposal(None)
    if isinstance(said, Proposal):
        return said
    if isinstance(said, tuple):
        if len(said) == 2 and _is_number(said[1]):
            answer, score = said
            return Proposal({question.name: _plain(answer)}, float(score))
        raise UnusableError("gives a tuple that is not (answer, score)")
    if isinstance(said, Mapping) and _are_probabilities(said, question):
        return _most_probable({str(label): float(share) for label, share in said.items()}, question)
    return Proposal({question.name: _plain(said)})


def _are_probabilities(said: Mapping[Any, Any], question: Question) -> bool:
    single = question.kind == "choice" and not question.config.get("multiple", False)
    return single and bool(said) and all(_is_number(share) for share in said.values())


def _most_probable(shares: Mapping[str, float], question: Question) -> Proposal:
    if any(not 0 <= share <= 1.000_001 for share in shares.values()):
        raise UnusableError("gives probabilities that are not between 0 and 1")
    best = max(shares, key=lambda label: shares[label])
    return Proposal({question.name: best}, min(shares[best], 1.0), {question.name: dict(shares)})


def _plain(answer: Any) -> Any:  # noqa: ANN401  # any value that a person's function returns
    """Turn NumPy's values into Python's, so that they are JSON."""
    if isinstance(answer, str):
        return str(answer)
    if isinstance(answer, Mapping):
        return {str(key): _plain(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [_plain(value) for value in answer]
    return answer.tolist() if hasattr(answer, "tolist") else answer


def _checked(proposal: Proposal, question: Question, item: Item) -> Proposal:
    score = _score(proposal.score)
    if proposal.value is None:
        return replace(proposal, score=None)
    if not isinstance(proposal.value, Mapping):
        raise UnusableError(f"proposes {json_type(proposal.value)} where answers are named")
    value = dict(proposal.value)
    context = AnswerContext(item.width, item.height, item.data, item.duration_ms)
    issues = [one for one in validate_value([question], value, context) if one.severity == "error"]
    if issues:
        raise UnusableError(f"proposes an answer that is none: {issues[0].place} "
                            f"{issues[0].message}")  # fmt: skip
    normal = registry.normalise_answer(question.kind, question.config, value[question.name])
    return replace(proposal, value={question.name: normal}, score=score)


def _score(score: object) -> float | None:
    if score is None:
        return None
    if not _is_number(score):
        raise UnusableError(f"gives a score that is {json_type(score)}")
    number = float(score)  # type: ignore[arg-type]
    if not math.isfinite(number) or not -1e-6 <= number <= 1 + 1e-6:
        raise UnusableError(f"gives the score {number:g}, which is not between 0 and 1")
    return min(max(number, 0.0), 1.0)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
