"""Questions that are asked only where an earlier answer, or the task itself, gives rise to them.

A condition is `{"question": "toxic", "is": ["yes"]}` or `{"data": "step", "is": ["reply"]}`: one of
the values given must be the answer to that question (or among the answers, where several may be
given), or stand in that column of the task's data. A question whose own condition is not met was
not asked, so nothing that hangs on its answer is asked either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fairhand.core.errors import Issue
from fairhand.labels.kind import Json, json_type, unknown_keys

_KEYS = frozenset({"question", "data", "is"})
_MOST_VALUES = 200
_MOST_NUMBER = 2**53 - 1


class Conditional(Protocol):
    """A question, as far as conditions care."""

    @property
    def name(self) -> str:
        """The key of its answer."""

    @property
    def only_if(self) -> Mapping[str, Json] | None:
        """When it is asked; None for always."""


def condition_issues(questions: Sequence[Conditional]) -> list[Issue]:
    """Report conditions that cannot be read, or look at a question that does not come earlier."""
    issues: list[Issue] = []
    earlier: set[str] = set()
    for question in questions:
        place = f"{question.name}.only_if"
        issues += [
            Issue(place, message) for message in _problems(question.only_if, earlier, question.name)
        ]
        earlier.add(question.name)
    return issues


def asked_names(
    questions: Sequence[Conditional], value: Mapping[str, Json], data: Mapping[str, Json] | None
) -> frozenset[str]:
    """Name the questions that are asked, given the answers so far and the task's data.

    What cannot be looked at (`data` is None, or the other question is not among `questions`, as
    where one question is checked by itself) stands in nobody's way.
    """
    names = frozenset(question.name for question in questions)
    asked: set[str] = set()
    for question in questions:
        condition = question.only_if
        looks_away = condition is not None and (
            data is None if "data" in condition else condition["question"] not in names
        )
        if condition is None or looks_away or _is_met(condition, asked, value, data or {}):
            asked.add(question.name)
    return frozenset(asked)


def reads_task(questions: Sequence[Conditional]) -> bool:
    """Say whether a condition looks at the task's data."""
    return any(one.only_if is not None and "data" in one.only_if for one in questions)


def columns_read(questions: Sequence[Conditional]) -> frozenset[str]:
    """Name the columns of the task's data that conditions look at."""
    return frozenset(
        str(one.only_if["data"]) for one in questions if one.only_if and "data" in one.only_if
    )


def _is_met(
    condition: Mapping[str, Json],
    asked: set[str],
    value: Mapping[str, Json],
    data: Mapping[str, Json],
) -> bool:
    if "data" in condition:
        found = data.get(condition["data"])
    elif condition["question"] in asked:
        found = value.get(condition["question"])
    else:
        return False
    given = found if isinstance(found, list) else [found]
    return any(one in condition["is"] for one in given)


def _problems(condition: Json, earlier: set[str], name: str) -> list[str]:
    if condition is None:
        return []
    if not isinstance(condition, Mapping):
        return [f"must be a mapping such as {{'question': ..., 'is': [...]}}, "
                f"not {json_type(condition)}"]  # fmt: skip
    found = [issue.message for issue in unknown_keys(condition, _KEYS, name)]
    if ("question" in condition) == ("data" in condition):
        found.append("names either a question or a column of the data")
    elif "question" in condition and not _is_one_of(condition["question"], earlier):
        found.append("must look at a question that comes earlier")
    elif "data" in condition and not (isinstance(condition["data"], str) and condition["data"]):
        found.append("must name a column of the data")
    wanted = condition.get("is")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= _MOST_VALUES:
        found.append(f"needs `is`: a list of 1 to {_MOST_VALUES} values that give rise to it")
    elif not all(_is_plain(one) for one in wanted):
        found.append("compares with text, whole numbers, true and false only")
    return found


def _is_plain(value: Json) -> bool:
    """Say whether both sides can compare it: a browser counts up to 2^53 - 1."""
    return isinstance(value, str) or (isinstance(value, int) and abs(value) <= _MOST_NUMBER)


def _is_one_of(name: Json, earlier: set[str]) -> bool:
    return isinstance(name, str) and name in earlier
