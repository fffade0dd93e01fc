"""A labelling configuration as far as we can hold it: which control answers which question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairhand.core.errors import Issue
from fairhand.model.project import Question

ADDED_TEXT = "text"
ADDED_REPLIES = "replies"


@dataclass(frozen=True, slots=True)
class Shown:
    """What tasks show: its name in the configuration, its tag (`Image`), the field of the data."""

    name: str
    tag: str
    field: str


@dataclass(frozen=True, slots=True)
class Control:
    """A control of the configuration and the question that it answers.

    `type` is what its results are called. `labels_from` names a control of labels that goes with
    one that only draws. `paths` maps a label of ours to its path in a taxonomy.
    """

    name: str
    tag: str
    type: str
    to_name: str
    question: str
    shown: Shown
    labels_from: str | None = None
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StudioConfig:
    """A configuration read: our questions, what is shown, and what we cannot hold (`issues`).

    `controls` has every control that answers a question, those of labels alone among them.
    """

    xml: str
    questions: tuple[Question, ...]
    controls: Mapping[str, Control]
    shown: tuple[Shown, ...]
    issues: tuple[Issue, ...]

    def control_of(self, question: str) -> Control | None:
        """Find the control that a question is answered by."""
        return next((one for one in self.controls.values() if one.question == question), None)

    def question(self, name: str) -> Question:
        """Find a question by its name."""
        return next(one for one in self.questions if one.name == name)
