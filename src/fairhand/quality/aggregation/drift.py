"""People who change: they learn, they tire, and their confusion matrix moves with them.

After P. Donmez, J. Carbonell, J. Schneider: A probabilistic framework to learn from multiple
annotators with time-varying accuracy, SIAM Data Mining 2010; here on the whole confusion matrix
and by four levels that lean on each other: chance -> the crowd -> the person -> a stretch of the
person's answers. A stretch also hears its two neighbours at half weight, so that a change shows
as a slope and not as noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats, encode
from fairhand.quality.aggregation.confusion import (
    ConfusionPriors,
    class_shares,
    crowd_confusion,
    newcomer,
    person_confusion,
)
from fairhand.quality.aggregation.engine import Learned, group, run
from fairhand.quality.aggregation.estimator import PeopleModel
from fairhand.quality.aggregation.inspection import inspect
from fairhand.quality.aggregation.known import Gold, Past, gold_offset, past_counts
from fairhand.quality.aggregation.people_fit import (
    PeopleFit,
    beta_interval,
    people_fit,
    table_accuracy,
)
from fairhand.quality.frames import answer_columns, columns, is_frame
from fairhand.quality.systems import aggregator

_NEIGHBOUR = 0.5


@dataclass(frozen=True, slots=True)
class DriftFit(PeopleFit):
    """Labels, people, and every person's accuracy stretch by stretch.

    Stretch s belongs to `workers[stretch_worker[s]]`; their stretches follow each other in time.
    """

    stretch_worker: Codes
    stretch_answers: Codes
    stretch_accuracy: Floats
    stretch_error: Floats

    def over_time(self, worker: object, confidence: float = 0.95) -> Floats:
        """Give a person's stretches in order: accuracy, low, high.

        Raises ValueError for somebody who gave no answer.
        """
        if worker not in self.workers:
            raise ValueError(f"{worker!r} gave no answer")
        mine = self.stretch_worker == self.workers.index(worker)
        accuracy, error = self.stretch_accuracy[mine], self.stretch_error[mine]
        return np.column_stack([accuracy, beta_interval(accuracy, error, confidence)])


@dataclass(frozen=True, slots=True)
class DriftFamily:
    """The engine's people are stretches; `owner` (ascending) says whose each is."""

    owner: Codes
    people: int
    past: Floats | None = None
    strength: ConfusionPriors = field(default_factory=ConfusionPriors)
    steadiness: float = 6.0

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        return "drift"

    def states(self, classes: int) -> Codes:
        """One state a class."""
        return np.arange(classes)

    def start(self, workers: int, classes: int) -> Learned:
        """Everybody is a newcomer, or as their record says."""
        if self.past is not None:
            return self.learn(np.zeros((workers, classes, classes)), np.zeros(classes))
        table = np.log(newcomer(classes, self.strength).T)
        shares = np.full(classes, -np.log(max(classes, 1)))
        return Learned(np.broadcast_to(table, (workers, classes, classes)), shares)

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Shrink each stretch to its person, each person to the crowd."""
        by_truth = counts.transpose(0, 2, 1)
        people = np.zeros((self.people, *by_truth.shape[1:]))
        np.add.at(people, self.owner, by_truth)
        if self.past is not None:
            people += self.past
        crowd = crowd_confusion(people.sum(axis=0), self.strength)
        usual = person_confusion(people, crowd, self.strength)
        leaned = self._nearby(by_truth) + self.steadiness * usual[self.owner]
        tables = leaned / leaned.sum(axis=-1, keepdims=True)
        shares = class_shares(state_counts, self.strength)
        return Learned(np.log(tables.transpose(0, 2, 1)), np.log(shares))

    def weights(self, counts: Floats) -> Floats:
        """Give the answers behind each stretch's rows (stretches x truth)."""
        found: Floats = self._nearby(counts.transpose(0, 2, 1)).sum(axis=2) + self.steadiness
        return found

    def _nearby(self, by_truth: Floats) -> Floats:
        near = by_truth.copy()
        same = (self.owner[1:] == self.owner[:-1])[:, None, None]
        near[1:] += _NEIGHBOUR * by_truth[:-1] * same
        near[:-1] += _NEIGHBOUR * by_truth[1:] * same
        return near


@aggregator("drift", "a confusion matrix a person that changes with time")
@dataclass(frozen=True, slots=True)
class DriftingDawidSkene(PeopleModel[DriftFit]):
    """The estimator and its settings.

    `stretch` is how many of a person's answers make a stretch; `steadiness` how many answers a
    true class their usual self counts for within it.
    """

    max_iterations: int = 100
    tolerance: float = 1e-5
    strength: ConfusionPriors = field(default_factory=ConfusionPriors)
    stretch: int = 60
    steadiness: float = 6.0

    def fit(
        self,
        task: object,
        worker: Sequence[Any] | NDArray[Any] | None = None,
        label: Sequence[Any] | NDArray[Any] | None = None,
        *,
        classes: Sequence[Any] | None = None,
        columns: tuple[str, str, str] = ("task", "worker", "label"),
        gold: Gold | None = None,
        people: Past | None = None,
        order: str | Sequence[Any] | NDArray[Any] = "order",
    ) -> DriftFit:
        """Fit answers with their order in time: a column of the table, or a fourth sequence.

        Raises ValueError where the order is missing or of another length.
        """
        codes = encode(*answer_columns(task, worker, label, columns), classes)
        return self.fit_codes(codes, gold=gold, people=people, order=_order_of(task, order))

    def fit_codes(
        self,
        codes: AnswerCodes,
        *,
        gold: Gold | None = None,
        people: Past | None = None,
        order: NDArray[Any] | None = None,
    ) -> DriftFit:
        """Fit answers that are codes already; without `order` the rows are in order."""
        if self.stretch < 1:
            raise ValueError("a stretch has at least one answer")
        if order is not None and len(order) != len(codes):
            raise ValueError(f"the order has {len(order)} values for {len(codes)} answers")
        stretch, owner = stretches_of(codes, order, self.stretch)
        pieces = AnswerCodes(
            codes.task, stretch, codes.label, codes.tasks, tuple(range(len(owner))), codes.classes
        )
        family = DriftFamily(
            owner, len(codes.workers), past_counts(codes, people), self.strength, self.steadiness
        )
        found = run(
            group(pieces),
            family,
            offset=gold_offset(codes, gold, np.arange(len(codes.classes))),
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
        )
        shares = np.exp(found.learned.log_shares)
        tables = np.exp(found.learned.log_tables).transpose(0, 2, 1)
        mean, error = table_accuracy(tables, family.weights(found.counts), shares)
        answers = np.bincount(stretch, minlength=len(owner))
        usual = _usual(mean, error, answers, family, self.strength.accuracy)
        warnings = inspect(group(codes), codes.workers)
        fit = people_fit(codes, found, family.name, shares, usual, warnings)
        return DriftFit(
            **{known.name: getattr(fit, known.name) for known in fields(fit)},
            stretch_worker=owner,
            stretch_answers=answers,
            stretch_accuracy=mean,
            stretch_error=error,
        )


def stretches_of(
    codes: AnswerCodes, order: NDArray[Any] | None, length: int
) -> tuple[Codes, Codes]:
    """Cut each person's answers, in order, into stretches about `length` long.

    Gives the stretch of each answer, and whose each stretch is. Answers at one instant are put in
    the order of their tasks and labels, so that the order of the rows does not matter.
    """
    ranks = np.arange(len(codes)) if order is None else order
    sorted_rows = np.lexsort((codes.label, codes.task, ranks, codes.worker))
    given = np.bincount(codes.worker, minlength=len(codes.workers))
    # A short rest would make a stretch too thin to see: it is spread over the others.
    pieces = np.where(given > 0, np.maximum(given // length, 1), 0)
    firsts = np.concatenate([[0], np.cumsum(given)])[:-1]
    worker = codes.worker[sorted_rows]
    place = np.arange(len(codes)) - firsts[worker]
    first_piece = np.concatenate([[0], np.cumsum(pieces)])[:-1]
    stretch = np.empty(len(codes), dtype=np.intp)
    stretch[sorted_rows] = first_piece[worker] + place * pieces[worker] // given[worker]
    return stretch, np.repeat(np.arange(len(codes.workers)), pieces)


def _usual(
    mean: Floats, error: Floats, answers: Codes, family: DriftFamily, unknown: float
) -> tuple[Floats, Floats]:
    """Give each person's accuracy over all their stretches, weighted by answers."""
    total = np.bincount(family.owner, weights=answers, minlength=family.people)
    share = answers / total[family.owner]
    accuracy = np.bincount(family.owner, weights=share * mean, minlength=family.people)
    spread = np.bincount(family.owner, weights=(share * error) ** 2, minlength=family.people)
    silent = total == 0
    means = np.where(silent, unknown, accuracy)
    return means, np.sqrt(np.where(silent, unknown * (1.0 - unknown) / 2.0, spread))


def _order_of(task: object, order: str | Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
    if isinstance(order, str):
        if not is_frame(task):
            raise ValueError("give `order`: one value for each answer that says when it was given")
        order = columns(task, [order])[0]
    ranks = np.asarray(order)
    if ranks.dtype.kind == "O":
        raise ValueError("the order must be numbers, instants or texts of one kind")
    missing = (
        np.isnan(ranks)
        if ranks.dtype.kind == "f"
        else np.isnat(ranks)
        if (ranks.dtype.kind == "M")
        else np.zeros(len(ranks), dtype=bool)
    )
    if missing.any():
        raise ValueError(f"order is missing in row {int(missing.argmax())}")
    return ranks
