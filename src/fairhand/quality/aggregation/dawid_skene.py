"""Dawid-Skene with priors: who errs how, learned from the answers alone.

A. P. Dawid, A. M. Skene: Maximum likelihood estimation of observer error-rates using the EM
algorithm. Applied Statistics 28(1), 1979. Each person's confusion matrix carries a Dirichlet
prior centred on the whole crowd's, which is itself estimated (empirical Bayes), so that people
with few answers do not get extreme matrices.

EM starts from newcomers' posteriors and not from vote shares: where single answers leave a
person's accuracy undetermined, the likelihood is flat and the start decides; a mild start keeps
one lone answer from becoming a certainty.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.confusion import (
    ConfusionPriors,
    class_shares,
    crowd_confusion,
    newcomer,
)
from fairhand.quality.aggregation.engine import Grouped, Learned, Run, group, run
from fairhand.quality.aggregation.estimator import PeopleModel
from fairhand.quality.aggregation.inspection import inspect
from fairhand.quality.aggregation.known import Gold, Past, gold_offset, past_counts
from fairhand.quality.aggregation.past import WithPast
from fairhand.quality.aggregation.people_fit import PeopleFit, table_accuracy
from fairhand.quality.aggregation.result import names_of, winners
from fairhand.quality.aggregation.shrinkage import learn_strength
from fairhand.quality.systems import aggregator

_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class DawidSkeneFit(PeopleFit):
    """Labels and probabilities, and what was learned about people.

    `confusion[w, t, g]` is the probability that person w answers g when t is true; `counts` holds
    the expected answers behind it, before any prior and any earlier record.
    """

    confusion: Floats
    counts: Floats


@dataclass(frozen=True, slots=True)
class DawidSkeneFamily:
    """Everybody has a whole confusion matrix, leaning on the crowd's."""

    strength: ConfusionPriors = field(default_factory=ConfusionPriors)

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        return "dawid-skene"

    def states(self, classes: int) -> Codes:
        """One state a class."""
        return np.arange(classes)

    def start(self, workers: int, classes: int) -> Learned:
        """Everybody is a newcomer."""
        matrix = newcomer(classes, self.strength).T
        tables = np.broadcast_to(np.log(matrix), (workers, classes, classes))
        return Learned(tables, np.full(classes, -np.log(max(classes, 1))))

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Shrink each person's counts to the crowd's matrix."""
        found = self.learn_tables(counts, state_counts)
        return Learned(found.logs(), found.log_shares)

    def learn_tables(self, counts: Floats, state_counts: Floats) -> Learned:
        """Learn without the logarithms."""
        crowd = crowd_confusion(counts.sum(axis=0).T, self.strength).T
        tables = counts + self.strength.person * crowd
        # Thrice as fast as `sum(axis=1)`, which loops over a few numbers at a time.
        tables /= np.einsum("wgt->wt", tables)[:, None, :]
        shares = class_shares(state_counts, self.strength)
        return Learned(np.zeros(0), np.log(shares), tables=tables)


@aggregator("dawid-skene", "a confusion matrix a person, leaning on the crowd's")
@dataclass(frozen=True, slots=True)
class DawidSkene(PeopleModel[DawidSkeneFit]):
    """The estimator and its settings.

    `strength="learned"` learns from the answers how far people differ (see `shrinkage`), in a few
    fits after one another.
    """

    max_iterations: int = 100
    tolerance: float = 1e-5
    strength: ConfusionPriors | Literal["learned"] = field(default_factory=ConfusionPriors)

    def fit_codes(
        self, codes: AnswerCodes, *, gold: Gold | None = None, people: Past | None = None
    ) -> DawidSkeneFit:
        """Fit answers that are codes already."""
        grouped = group(codes)
        past = past_counts(codes, people)
        offset = gold_offset(codes, gold, np.arange(grouped.classes))
        strength = ConfusionPriors() if self.strength == "learned" else self.strength
        found = self._run(grouped, strength, past, offset)
        if self.strength == "learned":
            for _ in range(_ROUNDS):
                strength = _learn(found.counts, past, strength)
                found = self._run(grouped, strength, past, offset)
        weights = strength.person + found.counts.sum(axis=1)
        if past is not None:
            weights += past.sum(axis=2)
        return confusion_fit(codes, found, "dawid-skene", weights, inspect(grouped, codes.workers))

    def _run(
        self,
        grouped: Grouped,
        strength: ConfusionPriors,
        past: Floats | None,
        offset: Floats | None,
    ) -> Run:
        return run(
            grouped,
            WithPast.of(DawidSkeneFamily(strength), past),
            offset=offset,
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
        )


def _learn(counts: Floats, past: Floats | None, strength: ConfusionPriors) -> ConfusionPriors:
    by_truth = counts.transpose(0, 2, 1)
    if past is not None:
        by_truth = by_truth + past
    crowd = crowd_confusion(by_truth.sum(axis=0), strength)
    return replace(strength, person=learn_strength(by_truth, crowd, strength.person))


def confusion_fit(
    codes: AnswerCodes, found: Run, name: str, weights: Floats, warnings: tuple[str, ...]
) -> DawidSkeneFit:
    """Tell a run with one state a class; `weights` (people x truth) are the answers behind it."""
    tables = np.exp(found.learned.log_tables).transpose(0, 2, 1)
    tables /= tables.sum(axis=2, keepdims=True)
    shares = np.exp(found.learned.log_shares)
    shares /= max(shares.sum(), np.finfo(float).tiny)
    accuracy, error = table_accuracy(tables, weights, shares)
    return DawidSkeneFit(
        tasks=codes.tasks,
        classes=codes.classes,
        workers=codes.workers,
        labels=names_of(codes.classes, winners(found.posterior)),
        probabilities=found.posterior,
        method=name,
        warnings=warnings,
        accuracy=accuracy,
        accuracy_error=error,
        priors=shares,
        task_counts=found.state_counts,
        log_likelihood=found.log_likelihood,
        iterations=found.iterations,
        converged=found.converged,
        confusion=tables,
        counts=found.counts.transpose(0, 2, 1),
    )
