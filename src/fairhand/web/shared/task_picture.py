"""Tasks of lessons and exams as their pages show them: what is asked, given and known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from markupsafe import Markup

from fairhand.core.words import Words
from fairhand.labels.label_set import parents_of
from fairhand.labels.registry import reads_data
from fairhand.model.project import Question
from fairhand.quality.gold_match import enough, is_right, likeness
from fairhand.web.shared.answer_words import answer_words
from fairhand.web.shared.pages import markdown
from fairhand.web.shared.task_view import SHOWN, item_view
from fairhand.work.projects.store import TaskSheet

NOBODY = 0
"""Whose order replies come in where learners compare them: the same for all, as in a book."""


def is_native(question: Question) -> bool:
    """Say whether a form asks it without a script; the others bring their tool from the desk."""
    return question.kind == "choice" and not parents_of(question.config)


@dataclass(frozen=True, slots=True)
class AskedView:
    """One question: how it is asked, and, where they may be seen, what was given and is known."""

    question: Question
    labels: tuple[tuple[str, str], ...]
    is_native: bool
    given: Any = None
    known: Any = None
    given_words: str = ""
    known_words: str = ""
    right: bool | None = None
    note: str = ""

    @property
    def is_multiple(self) -> bool:
        """Say whether several labels may be chosen."""
        return bool(self.question.config.get("multiple", False))

    @property
    def is_short(self) -> bool:
        """Say whether the labels fit on buttons beside each other."""
        return all(len(title) <= 3 for _, title in self.labels)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The labels that were chosen before."""
        if isinstance(self.given, str):
            return (self.given,)
        return tuple(self.given) if isinstance(self.given, list) else ()


@dataclass(frozen=True, slots=True)
class TaskPicture:
    """A task on a page; `island` is what the desk's tools take, where one is needed."""

    task_id: int
    text: str
    image: dict[str, Any] | None
    asked: tuple[AskedView, ...]
    explanation: Markup | str = ""
    is_hard: bool = False
    island: dict[str, Any] = field(default_factory=dict)

    @property
    def needs_script(self) -> bool:
        """Say whether a question cannot be asked or shown without a script."""
        return any(not one.is_native for one in self.asked)


def picture_of(
    sheet: TaskSheet,
    questions: Sequence[Question],
    words: Words,
    *,
    known: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
    explanation: str = "",
    is_hard: bool = False,
    shows: bool = True,
) -> TaskPicture:
    """Make a task's picture; without `shows` neither the known answer nor its reason is in it."""
    known = known if shows else None
    names = set(known) if known is not None else None
    asked = tuple(
        _asked(one, words, (known or {}).get(one.name), (given or {}).get(one.name))
        for one in questions
        if names is None or one.name in names or one.name in (given or {})
    )
    item = item_view(sheet, questions, NOBODY)
    told = any(reads_data(one.kind) for one in questions)  # its tool shows the item itself
    return TaskPicture(
        task_id=sheet.task.id,
        text="" if told else _text(sheet),
        image=item["image"],
        asked=asked,
        explanation=markdown(explanation) if shows and explanation else "",
        is_hard=is_hard,
        island={
            "task_id": sheet.task.id,
            "project_id": sheet.task.project_id,
            **item,
            "prediction": None,
            "draft": None,
            "revises": None,
        },
    )


def island_json(task: TaskPicture, one: AskedView, answer: Any) -> dict[str, Any]:  # noqa: ANN401
    """Write what the desk's tool of a kind takes, to ask a question or to show an answer."""
    return {"task": task.island, "question": asdict(one.question), "answer": answer}


def _asked(question: Question, words: Words, known: Any, given: Any) -> AskedView:  # noqa: ANN401
    labels = tuple(
        (str(label["value"]), str(label.get("title") or label["value"]))
        for label in question.config.get("labels", ())
    )
    right = None if known is None or given is None else is_right(question.kind, known, given)
    return AskedView(
        question=question,
        labels=labels,
        is_native=is_native(question),
        given=given,
        known=known,
        given_words=in_words(question, labels, given, words),
        known_words=in_words(question, labels, known, words),
        right=right,
        note=_note(question, known, given, words),
    )


def in_words(
    question: Question,
    labels: Sequence[tuple[str, str]],
    answer: Any,  # noqa: ANN401  # an answer
    words: Words,
) -> str:
    """Say an answer in the titles of its labels; empty for none."""
    titles = dict(labels)
    if answer is None:
        return ""
    if question.kind == "mask":
        named = sorted({region["label"] for region in answer.get("regions", ())})
        return ", ".join(titles.get(one, one) for one in named) or words("nothing marked")
    return answer_words(question, answer)


def _note(question: Question, known: Any, given: Any, words: Words) -> str:  # noqa: ANN401
    if question.kind != "mask" or known is None or given is None:
        return ""
    share = likeness(question.kind, known, given)
    return words(
        "Your outline and the known one share {share} of their area; {least} makes it right.",
        share=words.percent(Fraction(share)),
        least=words.percent(Fraction(enough(question.kind))),
    )


def _text(sheet: TaskSheet) -> str:
    data = {name: sheet.task.data[name] for name in SHOWN if name in sheet.task.data}
    if isinstance(data.get("text"), str):
        return str(data["text"])
    if sheet.task.media is not None:
        return ""
    plain = (str, int, float)
    return "\n".join(f"{name}: {value}" for name, value in data.items() if isinstance(value, plain))
