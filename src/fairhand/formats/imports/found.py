"""What a reader of a foreign format found in one entry, and how it becomes rows.

Answers that come with an entry are named by their kind: they go to the first question of that kind,
as predictions. What cannot be carried over is told once a file, at the first entry that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.options import ReadOptions, Row
from fairhand.labels.answers import Asked
from fairhand.model.task import NewPrediction


@dataclass(frozen=True, slots=True)
class Found:
    """One task to be: its data, its answers by kind, and what had to be left out.

    `media` names the column of the data that holds a picture or a sound, or its path.
    """

    data: dict[str, Any]
    answers: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    score: float | None = None
    media: str | None = None


Shape: TypeAlias = Callable[[dict[str, Any], ReadOptions], Iterable[Found]]
"""Reads one entry; raises MalformedError, with a reason, for what is none."""


def question_of(options: ReadOptions, kind: str) -> Asked | None:
    """Find the first question of a kind; None where there is none, or questions are not known."""
    return next((one for one in options.questions or () if one.kind == kind), None)


def asks(options: ReadOptions, kind: str) -> bool:
    """Say whether answers of a kind are wanted; where questions are not known, all are."""
    return options.questions is None or question_of(options, kind) is not None


@dataclass(slots=True)
class Told:
    """Remembers what was told of a file, so that it is told once."""

    said: set[str] = field(default_factory=set)

    def once(self, place: str, notes: Iterable[str]) -> Iterator[Issue]:
        """Yield a warning for each note that is new."""
        for note in notes:
            if note not in self.said:
                self.said.add(note)
                yield Issue(place, f"{note} (told once)", "warning")


def shaped(
    rows: Iterable[Row | Issue], shape: Shape, options: ReadOptions
) -> Iterator[Row | Issue]:
    """Read each row of a table as an entry of a format."""
    told = Told()
    for row in rows:
        if isinstance(row, Issue):
            yield row
            continue
        try:
            for found in shape(row.values, options):
                yield from as_rows(found, row.place, options, told)
        except MalformedError as error:
            yield Issue(row.place, error.message)


def as_rows(found: Found, place: str, options: ReadOptions, told: Told) -> Iterator[Row | Issue]:
    """Give the row of what was found, after what is to be told of it."""
    value, notes = _proposed(found, options)
    yield from told.once(place, (*found.notes, *notes))
    made = (NewPrediction(value, options.prediction_model, found.score),) if value else ()
    yield Row(place, found.data, made, found.media)


def _proposed(found: Found, options: ReadOptions) -> tuple[dict[str, Any], list[str]]:
    value, notes = {}, []
    for kind, answer in found.answers.items():
        asked = question_of(options, kind)
        if asked is not None:
            value[asked.name] = answer
        elif options.questions is None:
            value[kind] = answer
        else:
            notes.append(f"has an answer of the kind {kind}, which is not asked: it is left out")
    return value, notes
