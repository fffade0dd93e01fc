"""An answer in a few words, for pages that show one without its tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fairhand.model.project import Question

_LONGEST: Final = 300
_TEXTS: Final = ("text", "markdown", "transcript", "reason")


def answers_in_words(
    questions: Sequence[Question], value: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """List the questions that are answered, each with its answer in words."""
    return [
        (question.title, answer_words(question, value[question.name]))
        for question in questions
        if question.name in value
    ]


def answer_words(question: Question, answer: Any) -> str:  # noqa: ANN401  # any kind's answer
    """Say an answer: a label's title, a text, or what was marked and how often."""
    labels = question.config.get("labels")
    titles = {
        str(label.get("value")): str(label.get("title") or label.get("value"))
        for label in (labels if isinstance(labels, list) else [])
        if isinstance(label, Mapping)
    }
    return _said(answer, titles)[:_LONGEST]


def tie_words(question: Question, tied: Sequence[str]) -> str:
    """Say between which labels answers are evenly split; of several labels, about which."""
    names = [answer_words(question, one) for one in tied]
    if question.config.get("multiple", False):
        return f"Undecided: {', '.join(names)}"
    return f"A tie: {' or '.join(names)}"


def even_words(question: Question, even: Sequence[str], leads: str) -> str:
    """Say that as many people said each of these, and which one the method finds likelier."""
    names = " or ".join(answer_words(question, one) for one in even)
    return f"Even votes: {names}; likelier {answer_words(question, leads)}"


def _said(answer: Any, titles: Mapping[str, str]) -> str:  # noqa: ANN401
    if isinstance(answer, str):
        return titles.get(answer, answer)
    if isinstance(answer, bool | int | float) or answer is None:
        return str(answer)
    if isinstance(answer, list):
        return _list(answer, titles)
    if not isinstance(answer, Mapping):
        return str(answer)
    for name in _TEXTS:
        if isinstance(answer.get(name), str):
            return str(answer[name])
    if answer.get("nothing") is True:
        return "0"
    lists = [each for each in answer.values() if _is_marks(each)]
    if lists:
        return _list(lists[0], titles)
    return ", ".join(
        f"{name}: {_said(each, titles)}"
        for name, each in answer.items()
        if isinstance(each, str | int | float)
    )


def _is_marks(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def _list(marks: Sequence[Any], titles: Mapping[str, str]) -> str:
    if all(isinstance(one, str) for one in marks):
        return ", ".join(titles.get(one, one) for one in marks)
    named = Counter(
        titles.get(str(one["label"]), str(one["label"]))
        for one in marks
        if isinstance(one, Mapping) and "label" in one
    )
    if not named:
        return str(len(marks))
    return ", ".join(f"{name} × {count}" for name, count in named.items())
