"""From what the workspace knows of a task to the rows of a release: who and what may enter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from fairhand.core.clock import Instant, iso
from fairhand.model.project import Question
from fairhand.proof.release.rules import AnnotationRow, Gaps, ReleaseRow, may_enter


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

    def behind(self, answer: Answer) -> list[Given]:
        """The annotations that an aggregated answer was made from."""
        return [self.given[key] for key in orjson.loads(answer.answer_ids) if key in self.given]


class ReleaseSource:
    """Streams the rows of a release from sheets; `gaps` counts what did not enter."""

    def __init__(
        self,
        sheets: Callable[[], Iterable[TaskSheet]],
        questions: Sequence[Question],
        mode: str,
        name_of: Callable[[int], str],
        withdrawn: frozenset[int],
    ) -> None:
        self._sheets = sheets
        self._questions = {question.name: question for question in questions}
        self._order = {name: place for place, name in enumerate(self._questions)}
        self._mode = mode
        self._name_of = name_of
        self._withdrawn = withdrawn
        self._unanswered = self._withheld = self._withdrawn_annotations = 0

    def rows(self) -> Iterator[ReleaseRow]:
        """The aggregated answers, in the order of tasks and questions."""
        for sheet in self._sheets():
            answers = self._answers(sheet)
            if not answers:
                self._unanswered += 1
            elif not self._may_enter(sheet):
                self._withheld += 1
            else:
                yield from (self._row(sheet, answer) for answer in answers)

    def annotations(self) -> Iterator[AnnotationRow]:
        """The live annotations of the tasks that enter, in the order of tasks and ids."""
        for sheet in self._sheets():
            live = [given for _, given in sorted(sheet.given.items()) if not given.superseded]
            kept = [given for given in live if given.person_id not in self._withdrawn]
            self._withdrawn_annotations += len(live) - len(kept)
            if self._may_enter(sheet):
                yield from (self._annotation(given) for given in kept)

    def gaps(self) -> Gaps:
        """What did not enter, once both streams were read to the end."""
        return Gaps(self._unanswered, self._withheld, self._withdrawn_annotations)

    def _answers(self, sheet: TaskSheet) -> list[Answer]:
        known = [answer for answer in sheet.answers if answer.question in self._order]
        return sorted(known, key=lambda answer: self._order[answer.question])

    def _may_enter(self, sheet: TaskSheet) -> bool:
        """Withdrawn answers keep a task out until it is aggregated again without them."""
        answers = self._answers(sheet)
        behind = [given for answer in answers for given in sheet.behind(answer)]
        withdrawn = sum(given.person_id in self._withdrawn for given in behind)
        return may_enter(answers=len(answers), held=sheet.held, withdrawn_answers=withdrawn)

    def _row(self, sheet: TaskSheet, answer: Answer) -> ReleaseRow:
        behind = sheet.behind(answer)
        return ReleaseRow(
            task_id=sheet.task_id,
            question=answer.question,
            kind=self._questions[answer.question].kind,
            value=orjson.loads(answer.value),
            confidence=float(answer.confidence),
            probabilities=_probabilities(answer.beliefs),
            method=answer.method,
            answers=len(behind),
            assisted=sum(given.assisted for given in behind),
            simulated=sum(given.simulated for given in behind),
            mode=self._mode,
            data=orjson.loads(sheet.data),
            media_sha256=sheet.media_sha256,
            media_type=sheet.media_type,
        )

    def _annotation(self, given: Given) -> AnnotationRow:
        return AnnotationRow(
            annotation_id=given.id,
            task_id=given.task_id,
            contributor=self._name_of(given.person_id),
            day=iso(given.submitted_at)[:10],
            revision=given.revision,
            value=orjson.loads(given.value),
            counted=bool(given.counted),
            late=bool(given.late),
            assisted=bool(given.assisted),
            changed=bool(given.changed),
            model=given.model,
            simulated=bool(given.simulated),
        )


def _probabilities(beliefs: str) -> dict[str, float] | None:
    """Probabilities by label: of a single choice as they are, of several those of "yes"."""
    parts = orjson.loads(beliefs)
    if not parts:
        return None
    if set(parts) == {""}:
        return dict(parts[""])
    return {label: float(found.get("yes", 0.0)) for label, found in parts.items()}
