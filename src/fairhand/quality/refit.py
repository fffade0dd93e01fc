"""Everything learned anew from all answers of a project: Dawid-Skene, and agreement.

Between refits posteriors follow the answers one by one (`online`); a refit looks at all of them
together, so that what was learned late about a person reaches the tasks they judged early.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fairhand.core.systems import loaded
from fairhand.labels.answers import Asked
from fairhand.quality.aggregation.codes import AnswerCodes, Codes
from fairhand.quality.aggregation.dawid_skene import DawidSkene, DawidSkeneFit
from fairhand.quality.agreement import Alpha, alpha_of_codes
from fairhand.quality.agreement.scale import Metric
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Modelled, Part
from fairhand.quality.follow import Consensus, spread_counts
from fairhand.quality.insight import Insight, Proposals, Seen, Slices, look_into

if TYPE_CHECKING:
    from fairhand.quality.aggregation.ordinal import OrdinalDawidSkene

_NONE = -1
_FIRST_ANSWERS = 50
_GROWTH = 1.2
_LOOK_GROWTH = 1.5


def refit_due(fitted_answers: int, answers: int) -> bool:
    """Say whether so much has come since the last refit that a new one is worth its time."""
    return answers >= max(_FIRST_ANSWERS, fitted_answers * _GROWTH)


def look_due(shown_answers: int, answers: int) -> bool:
    """Say whether so much has come since people and slices were looked into last."""
    return answers >= max(_FIRST_ANSWERS, shown_answers * _LOOK_GROWTH)


@dataclass(frozen=True, slots=True)
class QuestionFit:
    """What was learned about one question; `parts` maps a part's name to its fit."""

    question: str
    classes: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, DawidSkeneFit]
    alpha: Alpha


class Ballots:
    """A project's live answers to its modelled questions, gathered row by row in little room."""

    def __init__(
        self, questions: Sequence[Asked], known: Mapping[int, Mapping[str, Any]] | None = None
    ) -> None:
        """Begin with the questions, and the known answers of gold tasks by task."""
        self._known = known or {}
        self._columns: list[_Column] = []
        self._questions: list[tuple[Asked, Modelled]] = []
        for question in questions:
            kind = KINDS[question.kind]
            if isinstance(kind, Modelled):
                self._questions.append((question, kind))
                parts = kind.parts(question.config)
                self._columns += [_Column(question.name, part, array("q")) for part in parts]
        self._ids, self._tasks, self._people = array("q"), array("q"), array("q")
        self._when, self._took = array("q"), array("q")

    def __len__(self) -> int:
        return len(self._ids)

    def add(
        self,
        annotation_id: int,
        task_id: int,
        person_id: int,
        value: Mapping[str, Any],
        *,
        when_ms: int = 0,
        took_ms: int = 0,
    ) -> None:
        """Take in one live annotation: when it was submitted, and how long after it was served."""
        self._when.append(when_ms)
        self._took.append(took_ms)
        self._ids.append(annotation_id)
        self._tasks.append(task_id)
        self._people.append(person_id)
        for column in self._columns:
            code = column.part.read(value.get(column.question))
            column.codes.append(_NONE if code is None else code)

    def fit(self, rng: np.random.Generator) -> list[QuestionFit]:
        """Fit every part of every question; the generator draws the intervals of agreement."""
        tasks, people = _numbers(self._tasks), _numbers(self._people)
        found = []
        for question, _ in self._questions:
            columns = [one for one in self._columns if one.question == question.name]
            codes = [_codes_of(column, tasks, people) for column in columns]
            names = [column.part.name for column in columns]
            metric = _metric(question)
            model = _model(metric)
            fitted = [
                model.fit_codes(one, gold=self._gold(column, one))
                for column, one in zip(columns, codes, strict=True)
            ]
            found.append(
                QuestionFit(
                    question.name,
                    {column.part.name: column.part.classes for column in columns},
                    dict(zip(names, fitted, strict=True)),
                    alpha_of_codes(_pooled(codes), rng, metric=metric),
                )
            )
        return found

    def agreements(self, rng: np.random.Generator) -> dict[str, Alpha]:
        """Measure agreement alone, question by question, and learn nothing about people."""
        tasks, people = _numbers(self._tasks), _numbers(self._people)
        found = {}
        for question, _ in self._questions:
            columns = [one for one in self._columns if one.question == question.name]
            codes = [_codes_of(column, tasks, people) for column in columns]
            found[question.name] = alpha_of_codes(_pooled(codes), rng, metric=_metric(question))
        return found

    def insights(
        self,
        fits: Sequence[QuestionFit],
        slices: Slices,
        proposals: Mapping[str, Proposals],
        rng: np.random.Generator,
        *,
        most: int = 0,
    ) -> dict[str, Insight]:
        """Look into every question that has one part and one truth.

        `most` is how many people a task may be asked of; see `outlook`.
        """
        when, took = _numbers(self._when), _numbers(self._took)
        tasks, people = _numbers(self._tasks), _numbers(self._people)
        found = {}
        for (question, kind), fit in zip(self._questions, fits, strict=True):
            columns = [one for one in self._columns if one.question == question.name]
            if len(columns) != 1 or kind.is_subjective(question.config) or not len(self):
                continue
            given = _numbers(columns[0].codes) != _NONE
            codes = _codes_of(columns[0], tasks, people)
            seen = Seen(codes, when[given], took[given] / 1_000.0)
            (part,) = fit.parts.values()
            found[question.name] = look_into(
                seen,
                part,
                metric=_metric(question),
                slices=slices,
                proposals=proposals.get(question.name, {}),
                rng=rng,
                most=most,
            )
        return found

    def _gold(self, column: _Column, codes: AnswerCodes) -> dict[int, str]:
        """Give the known class of each gold task that has one for this part."""
        found = {}
        for task_id in codes.tasks if self._known else ():
            code = column.part.read(self._known.get(task_id, {}).get(column.question))
            if code is not None:
                found[task_id] = column.part.classes[code]
        return found

    def consensus(self, fits: Sequence[QuestionFit]) -> Iterator[tuple[int, int, list[Consensus]]]:
        """Give (task id, live answers, consensus of each fitted question), task by task.

        Gold tasks are left out: their answer is known.
        """
        tasks, ids = _numbers(self._tasks), _numbers(self._ids)
        order = np.lexsort((ids, tasks))
        edges = np.flatnonzero(np.diff(tasks[order])) + 1
        readers = [
            _Reader(question, kind, fit, [c for c in self._columns if c.question == question.name])
            for (question, kind), fit in zip(self._questions, fits, strict=True)
        ]
        for rows in np.split(order, edges) if len(order) else []:
            task_id = int(tasks[rows[0]])
            if task_id in self._known:
                continue
            yield task_id, len(rows), [reader.read(task_id, rows, ids) for reader in readers]


@dataclass(frozen=True, slots=True)
class _Column:
    question: str
    part: Part
    codes: array[int]


class _Reader:
    """Reads one task's consensus out of a question's fit."""

    def __init__(
        self, question: Asked, kind: Modelled, fit: QuestionFit, columns: Sequence[_Column]
    ) -> None:
        self._question, self._kind, self._fit = question, kind, fit
        self._codes = [_numbers(column.codes) for column in columns]
        self._places = {
            name: {task: place for place, task in enumerate(part.tasks)}
            for name, part in fit.parts.items()
        }

    def read(self, task_id: int, rows: Codes, ids: NDArray[np.int64]) -> Consensus:
        """Settle one task from the fit's probabilities."""
        answered = np.any([codes[rows] != _NONE for codes in self._codes], axis=0)
        name, method = self._question.name, self._kind.method
        if self._kind.is_subjective(self._question.config):
            return self._spread(rows, answered, ids)
        if not answered.any():
            return Consensus(name, None, 0.0, method, ())
        beliefs = {
            part: fit.probabilities[self._places[part][task_id]]
            for part, fit in self._fit.parts.items()
        }
        verdict = self._kind.settle(self._question.config, beliefs)
        counted = tuple(ids[rows[answered]].tolist())
        return Consensus(name, verdict.value, verdict.confidence, method, counted, beliefs)

    def _spread(
        self, rows: Codes, answered: NDArray[np.bool_], ids: NDArray[np.int64]
    ) -> Consensus:
        parts = zip(self._kind.parts(self._question.config), self._codes, strict=True)
        counts = {}
        for part, codes in parts:
            given = codes[rows][codes[rows] != _NONE]
            counts[part.name] = np.bincount(given, minlength=len(part.classes)).astype(np.float64)
        counted = tuple(ids[rows[answered]].tolist())
        return spread_counts(self._kind, self._question, counts, counted)


def _model(metric: Metric) -> DawidSkene | OrdinalDawidSkene:
    if metric != "ordinal":
        return loaded("aggregate.dawid-skene", DawidSkene)()
    from fairhand.quality.aggregation.ordinal import OrdinalDawidSkene  # slow to import, seldom met

    return loaded("aggregate.ordinal", OrdinalDawidSkene)()


def _metric(question: Asked) -> Metric:
    return "ordinal" if question.config.get("ordered", False) else "nominal"


def _numbers(column: array[int]) -> NDArray[np.int64]:
    return np.frombuffer(column, dtype=np.int64) if column else np.zeros(0, np.int64)


def _codes_of(column: _Column, tasks: NDArray[np.int64], people: NDArray[np.int64]) -> AnswerCodes:
    """Leave out the rows without an answer; ids become codes in their order."""
    labels = _numbers(column.codes)
    given = labels != _NONE
    task_ids, task = np.unique(tasks[given], return_inverse=True)
    person_ids, person = np.unique(people[given], return_inverse=True)
    return AnswerCodes(
        task.astype(np.intp),
        person.astype(np.intp),
        labels[given].astype(np.intp),
        tuple(task_ids.tolist()),
        tuple(person_ids.tolist()),
        column.part.classes,
    )


def _pooled(parts: Sequence[AnswerCodes]) -> AnswerCodes:
    """Put the parts of a question side by side: each task has one unit per part."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(len(part.tasks) for part in parts)])
    return AnswerCodes(
        np.concatenate([part.task + start for part, start in zip(parts, starts, strict=False)]),
        np.concatenate([part.worker for part in parts]),
        np.concatenate([part.label for part in parts]),
        tuple(range(int(starts[-1]))),
        parts[0].workers,
        parts[0].classes,
    )
