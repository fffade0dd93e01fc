"""From what the workspace knows of a task to the rows of a release: who and what may enter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import orjson

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant, iso
from fairhand.model.origin import HUMAN, Judgement, Standing, of_answer, of_judgement
from fairhand.model.project import Question
from fairhand.proof.release.rules import AnnotationRow, Gaps, ReleaseRow, may_enter

_PAGE: Final = 500
ADJUDICATED: Final = "adjudicated"
"""The method of an answer that stands because a reviewer said so."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The aggregated answer to a question; JSON as stored."""

    question: str
    value: str
    confidence: float
    method: str
    beliefs: str
    answer_ids: str


@dataclass(frozen=True, slots=True)
class Given:
    """What one person answered, in one revision; JSON as stored."""

    id: int
    task_id: int
    person_id: int
    revision: int
    value: str
    submitted_at: Instant
    counted: bool
    late: bool
    assisted: bool
    changed: bool
    simulated: bool
    superseded: bool
    model: str | None
    model_depth: int | None = None  # of what the model learned from; None: nobody said
    version: int = 0  # of the questions, when it was given
    of_person: bool = False  # the proposal was a person's answer, from another tool

    def judgement(self, agrees: bool = True) -> Judgement:
        """What its origin is told from."""
        depth = self.model_depth or 0
        return Judgement(self.assisted, self.changed, depth, agrees, self.of_person)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What stands for a task because a reviewer said so: in which review, when, and why it came."""

    review_id: int
    at: Instant
    reviewer_id: int
    verdict: str
    because: str


@dataclass(frozen=True, slots=True)
class TaskSheet:
    """A task with its aggregated answers and everything that was given, by id."""

    task_id: int
    data: str
    media_sha256: str | None
    media_type: str | None
    held: bool
    answers: tuple[Answer, ...]
    given: dict[int, Given]
    media_details: str | None = None
    origin: Standing = HUMAN
    data_model: str | None = None
    ruling: Ruling | None = None

    def behind(self, answer: Answer) -> list[Given]:
        """The annotations that an aggregated answer was made from."""
        return [self.given[key] for key in orjson.loads(answer.answer_ids) if key in self.given]


@dataclass(frozen=True, slots=True)
class Item:
    """One contribution as a release holds it: `name` is opaque and this release's alone.

    `answer` is what stands in the place of its answer: the item's name, modality, file and
    measures, never the id of the recording or upload it came as.
    """

    name: str
    contribution_id: int
    annotation_id: int
    question: str
    answer: dict[str, Any]


Items = Mapping[int, Mapping[str, Item]]
"""Permitted contributions: annotation id to question to item."""


class ItemsOf(Protocol):
    """Finds the permitted contributions of a range of tasks."""

    def __call__(self, first_task: int, last_task: int) -> Items:
        """Give them by annotation and question."""


@dataclass(frozen=True, slots=True)
class OwnData:
    """What a campaign's release asks before an answer enters: questions, and permitted items."""

    questions: frozenset[str]
    items_of: ItemsOf


@dataclass(frozen=True, slots=True)
class Measure:
    """How answers that are not the same are compared, by question.

    `likeness_of` gives 0 to 1, or None where two answers cannot disagree, as two voices; from
    `enough_for` on an answer says what the other says (1: only the very same does).
    """

    likeness_of: Callable[[Question, Any, Any], float | None]
    enough_for: Callable[[Question], float]


class ReleaseSource:
    """Streams the rows of a release from sheets; `gaps` counts what did not enter.

    `measure` is asked only about answers that differ from the released one. With `own`, an answer
    to one of its questions enters only as a permitted item, and an annotation only when all of its
    items are.
    """

    def __init__(
        self,
        sheets: Callable[[], Iterable[TaskSheet]],
        questions: Sequence[Question],
        mode: str,
        name_of: Callable[[int], str],
        withdrawn: frozenset[int],
        own: OwnData | None = None,
        licence: str = "",
        split_of: Callable[[int], str | None] = lambda task_id: None,
        *,
        measure: Measure,
    ) -> None:
        self._measure = measure
        self._licence = licence
        self._split_of = split_of
        self._sheets = sheets
        self._own = own
        self._questions = {question.name: question for question in questions}
        self._order = {name: place for place, name in enumerate(self._questions)}
        self._mode = mode
        self._name_of = name_of
        self._withdrawn = withdrawn
        self._unanswered = self._withheld = self._withdrawn_annotations = 0

    def rows(self) -> Iterator[ReleaseRow]:
        """The aggregated answers, in the order of tasks and questions."""
        for sheet, items in self._with_items():
            answers = self._answers(sheet)
            if not answers:
                self._unanswered += 1
                continue
            rows = self._permitted_rows(sheet, answers, items)
            if not rows:
                self._withheld += 1
            yield from rows

    def annotations(self) -> Iterator[AnnotationRow]:
        """The live annotations of the tasks that enter, in the order of tasks and ids."""
        for sheet, items in self._with_items():
            live = [given for _, given in sorted(sheet.given.items()) if not given.superseded]
            kept = [given for given in live if self._is_permitted(given, items)]
            self._withdrawn_annotations += len(live) - len(kept)
            if not sheet.held if self._own is not None else self._may_enter(sheet):
                yield from (self._annotation(given, items) for given in kept)

    def items(self) -> Iterator[tuple[Given, Item]]:
        """The contributions that enter, in the order of tasks and annotations."""
        for sheet, items in self._with_items():
            for _, given in sorted(sheet.given.items()):
                if not given.superseded and self._is_permitted(given, items):
                    yield from ((given, one) for _, one in sorted(items.get(given.id, {}).items()))

    def gaps(self) -> Gaps:
        """What did not enter, once both streams were read to the end."""
        return Gaps(self._unanswered, self._withheld, self._withdrawn_annotations)

    def _with_items(self) -> Iterator[tuple[TaskSheet, Items]]:
        """Give each sheet with its permitted items; a page of tasks is asked for at a time."""
        if self._own is None:
            yield from ((sheet, {}) for sheet in self._sheets())
            return
        for page in chunks(self._sheets(), _PAGE):
            items = self._own.items_of(page[0].task_id, page[-1].task_id)
            yield from ((sheet, items) for sheet in page)

    def _is_permitted(self, given: Given, items: Items) -> bool:
        if self._own is None:
            return given.person_id not in self._withdrawn
        asked = self._own.questions & set(orjson.loads(given.value))
        if not asked:
            return given.person_id not in self._withdrawn
        return asked <= set(items.get(given.id, {}))

    def _permitted_rows(
        self, sheet: TaskSheet, answers: list[Answer], items: Items
    ) -> list[ReleaseRow]:
        if self._own is None:
            if not self._may_enter(sheet):
                return []
            return [self._row(sheet, answer) for answer in answers]
        if sheet.held:
            return []
        rows = []
        for answer in answers:
            behind = sheet.behind(answer)
            kept = [given for given in behind if self._is_permitted(given, items)]
            if answer.question not in self._own.questions:
                if behind and len(kept) == len(behind):
                    rows.append(self._row(sheet, answer))
                continue
            found = [items[one.id][answer.question] for one in kept if one.id in items]
            if found:
                row = self._row(sheet, answer, [one for one in kept if one.id in items])
                rows.append(replace(row, value=_standing_for(answer, behind, found).answer))
        return rows

    def _answers(self, sheet: TaskSheet) -> list[Answer]:
        known = [answer for answer in sheet.answers if answer.question in self._order]
        return sorted(known, key=lambda answer: self._order[answer.question])

    def _may_enter(self, sheet: TaskSheet) -> bool:
        """Withdrawn answers keep a task out until it is aggregated again without them.

        Not what a reviewer let stand: their own answer stands by itself, and one that they
        accepted for as long as somebody else has said it too.
        """
        answers = self._answers(sheet)
        withdrawn = 0
        for answer in answers:
            behind = sheet.behind(answer)
            left = self._left(behind)
            if len(left) < len(behind) and not self._stands_without(sheet, answer, left):
                withdrawn += len(behind) - len(left)
        return may_enter(answers=len(answers), held=sheet.held, withdrawn_answers=withdrawn)

    def _left(self, behind: Sequence[Given]) -> list[Given]:
        return [given for given in behind if given.person_id not in self._withdrawn]

    def _stands_without(self, sheet: TaskSheet, answer: Answer, left: Sequence[Given]) -> bool:
        if sheet.ruling is None or answer.method != ADJUDICATED:
            return False
        value = orjson.loads(answer.value)
        return sheet.ruling.verdict == "fixed" or any(
            orjson.loads(given.value).get(answer.question) == value for given in left
        )

    def _row(self, sheet: TaskSheet, answer: Answer, kept: list[Given] | None = None) -> ReleaseRow:
        """Make a row of all behind an answer, or of those whose part of it is permitted."""
        behind = sheet.behind(answer) if kept is None else kept
        if self._own is None:
            behind = self._left(behind)
        value = orjson.loads(answer.value)
        question = self._questions[answer.question]
        alike = [self._likeness(question, value, given) for given in behind]
        enough = self._measure.enough_for(question) if set(alike) - {1.0} else 1.0
        agrees = [one is not None and one >= enough for one in alike]
        stands = of_answer(
            [given.judgement(same) for given, same in zip(behind, agrees, strict=True)]
        )
        heard = [given for given, same in zip(behind, agrees, strict=True) if same] or behind
        ruled = sheet.ruling if answer.method == ADJUDICATED else None
        if ruled is not None and ruled.verdict == "fixed" and not any(agrees):
            stands = HUMAN  # nobody had said it: it is the reviewer's own
        of_models = heard if stands.origin == "synthetic" else []
        return ReleaseRow(
            task_id=sheet.task_id,
            question=answer.question,
            kind=question.kind,
            value=value,
            confidence=float(answer.confidence),
            probabilities=None if ruled else _probabilities(answer.beliefs),
            method=answer.method,
            answers=len(behind),
            assisted=sum(given.assisted for given in behind),
            simulated=sum(given.simulated for given in behind),
            mode=self._mode,
            data=data_of(sheet),
            media_sha256=sheet.media_sha256,
            media_type=sheet.media_type,
            annotators=tuple(sorted({self._name_of(given.person_id) for given in behind})),
            agreement=_mean(alike),
            origin=stands.origin,
            depth=stands.depth,
            data_origin=sheet.origin.origin,
            data_depth=sheet.origin.depth,
            licence=self._licence,
            models=tuple(sorted({given.model or "" for given in of_models})),
            depth_known=all(given.model_depth is not None for given in of_models),
            data_model=sheet.data_model,
            split=self._split_of(sheet.task_id),
            review=None if ruled is None else self._told(ruled),
        )

    def _told(self, ruled: Ruling) -> dict[str, Any]:
        """Say who let an answer stand: by pseudonym, on which day, in which review, and why."""
        return {
            "review_id": ruled.review_id,
            "reviewer": self._name_of(ruled.reviewer_id),
            "day": iso(ruled.at)[:10],
            "verdict": ruled.verdict,
            "because": ruled.because,
        }

    def _likeness(self, question: Question, value: Any, given: Given) -> float | None:  # noqa: ANN401
        said = orjson.loads(given.value).get(question.name)
        if said == value:
            return 1.0
        return 0.0 if said is None else self._measure.likeness_of(question, value, said)

    def _annotation(self, given: Given, items: Items) -> AnnotationRow:
        stands = of_judgement(given.judgement())
        named = {name: one.answer for name, one in items.get(given.id, {}).items()}
        return AnnotationRow(
            annotation_id=given.id,
            task_id=given.task_id,
            contributor=self._name_of(given.person_id),
            day=iso(given.submitted_at)[:10],
            revision=given.revision,
            value={**orjson.loads(given.value), **named},
            counted=bool(given.counted),
            late=bool(given.late),
            assisted=bool(given.assisted),
            changed=bool(given.changed),
            model=given.model,
            simulated=bool(given.simulated),
            origin=stands.origin,
            depth=stands.depth,
            split=self._split_of(given.task_id),
        )


def _mean(alike: Sequence[float | None]) -> float | None:
    """Give the mean likeness to six digits; None where one of them cannot be told."""
    told = [one for one in alike if one is not None]
    if not told or len(told) < len(alike):
        return None
    return round(math.fsum(told) / len(told), 6)


def _standing_for(answer: Answer, behind: Sequence[Given], items: Sequence[Item]) -> Item:
    """Choose the item that the aggregated answer chose; the first where that one is not there."""
    chosen = orjson.loads(answer.value)
    for given in behind:
        if orjson.loads(given.value).get(answer.question) == chosen:
            for one in items:
                if one.annotation_id == given.id:
                    return one
    return items[0]


def _probabilities(beliefs: str) -> dict[str, float] | None:
    """Probabilities by label: of a single choice as they are, of several those of "yes"."""
    parts = orjson.loads(beliefs)
    if not parts:
        return None
    if set(parts) == {""}:
        return dict(parts[""])
    return {label: float(found.get("yes", 0.0)) for label, found in parts.items()}


def data_of(sheet: TaskSheet) -> dict[str, Any]:
    """Give a task's data, and what is known of its file, such as its place on the map."""
    data: dict[str, Any] = orjson.loads(sheet.data)
    if sheet.media_details is not None:
        data.setdefault("media_details", orjson.loads(sheet.media_details))
    return data
