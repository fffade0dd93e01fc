"""What a form was sent with, and what is wrong with it, beside the field it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.money import Money, parse_money


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a page: its values as typed, its error, and the issues of each field."""

    values: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    issues: tuple[Issue, ...] = ()
    fields: tuple[str, ...] = ()
    status: int = 200

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.values.get(name, "")

    def wrong(self, name: str) -> str:
        """Say what is wrong with a field, in one sentence or a few; empty when nothing is."""
        return " ".join(self.all_wrong(name))

    def all_wrong(self, name: str) -> list[str]:
        """List what is wrong with a field, a sentence or two each."""
        return [issue.message for issue in self.issues if self._field_of(issue) == name]

    def others(self) -> list[Issue]:
        """List what is wrong and belongs to no field of the form."""
        return [issue for issue in self.issues if self._field_of(issue) is None]

    def _field_of(self, issue: Issue) -> str | None:
        """The field that an issue's place leads to: `questions.digit` leads to `questions`."""
        parts = issue.place.replace("[", ".").split(".")
        return next((part for part in parts if part in self.fields), None)


def failed(error: FairhandError, values: Mapping[str, str]) -> Form:
    """Keep what was typed beside what is wrong with it."""
    return Form(values, error.message, error.issues, tuple(values), error.status)


def money_of(text: str, currency: str, place: str) -> Money:
    """Read an amount from a request; raises InvalidError naming the field."""
    try:
        return parse_money(text, currency)
    except ValueError as error:
        raise InvalidError(str(error), issues=[Issue(place, str(error))]) from error
