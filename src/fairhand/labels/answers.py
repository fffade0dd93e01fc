"""The whole value of an annotation or a prediction: question name to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fairhand.core.errors import Issue
from fairhand.labels import registry
from fairhand.labels.conditions import asked_names
from fairhand.labels.kind import AnswerContext, Json, json_type, shown

_MAX_UNKNOWN = 10


class Asked(Protocol):
    """A question, as far as answers care; `model.project.Question` is one."""

    @property
    def name(self) -> str:
        """The key of its answer."""

    @property
    def kind(self) -> str:
        """One of `registry.kinds()`."""

    @property
    def config(self) -> Mapping[str, Json]:
        """Already valid for the kind."""

    @property
    def required(self) -> bool:
        """Whether an annotation must answer it."""

    @property
    def only_if(self) -> Mapping[str, Json] | None:
        """When it is asked; None for always."""


def validate_value(questions: Sequence[Asked], value: Json, context: AnswerContext) -> list[Issue]:
    """Report everything that keeps `value` from being stored as done; never raises.

    Places read `question` or `question.regions[0].label`. A question that need not be answered is
    left out, not answered emptily; a value without a single answer is no annotation.
    """
    if not isinstance(value, Mapping):
        return [Issue("value", f"must map question names to answers, not {json_type(value)}")]
    issues = _unknown_names(questions, value)
    asked = _asked(questions, value, context)
    for question in questions:
        if question.name not in asked:
            if question.name in value:
                issues.append(Issue(question.name, "is answered, but was not asked here"))
        elif question.name in value:
            issues += _answer_issues(question, value[question.name], context)
        elif question.required:
            issues.append(Issue(question.name, "is not answered"))
    if not value and not issues:
        issues.append(Issue("value", "is empty; answer at least one question"))
    return issues


def normalise_value(questions: Sequence[Asked], value: Mapping[str, Json]) -> dict[str, Json]:
    """Write a valid value in its canonical form, in the order of the questions."""
    return {
        question.name: registry.normalise_answer(
            question.kind, question.config, value[question.name]
        )
        for question in questions
        if question.name in value
    }


def _asked(
    questions: Sequence[Asked], value: Mapping[str, Json], context: AnswerContext
) -> frozenset[str]:
    return asked_names(questions, value, context.data)


def _unknown_names(questions: Sequence[Asked], value: Mapping[Json, Json]) -> list[Issue]:
    known = {question.name for question in questions}
    if value.keys() <= known:
        return []
    extra = [name for name in value if name not in known]
    return [
        Issue("value", f"{shown(name)} is not a question of this project")
        for name in extra[:_MAX_UNKNOWN]
    ]


def _answer_issues(question: Asked, answer: Json, context: AnswerContext) -> list[Issue]:
    if registry.kind_issue(question.kind) is None and registry.is_empty(
        question.kind, question.config, answer
    ):
        hint = "an empty answer is no answer" if question.required else "empty; leave it out"
        return [Issue(question.name, hint)]
    found = registry.validate_answer(question.kind, question.config, answer, context)
    return [
        Issue(question.name + issue.place.removeprefix("answer"), issue.message, issue.severity)
        if issue.place.startswith("answer")
        else Issue(f"{question.name}.{issue.place}", issue.message, issue.severity)
        for issue in found
    ]
