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

from collections.abc import Sequence
from dataclasses import dataclass, field
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
from fairhand.quality.aggregation.engine import Learned, Run, group, run
from fairhand.quality.aggregation.result import Aggregation, names_of, winners
from fairhand.quality.frames import answer_columns


@dataclass(frozen=True, slots=True)
class DawidSkeneFit(Aggregation):
    """Labels and probabilities, and what was learned about people.

    `confusion[w, t, g]` is the probability that person w answers g when t is true; `counts` holds
    the expected answers behind it, before any prior.
    """

    confusion: Floats
    counts: Floats
    priors: Floats
    task_counts: Floats
    log_likelihood: float
    iterations: int
    converged: bool


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
        by_truth = counts.transpose(0, 2, 1)
        crowd = crowd_confusion(by_truth.sum(axis=0), self.strength)
        people = person_confusion(by_truth, crowd, self.strength)
        shares = class_shares(state_counts, self.strength)
        return Learned(np.log(people.transpose(0, 2, 1)), np.log(shares))


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """The estimator and its settings; deterministic, never NaN."""

    max_iterations: int = 100
    tolerance: float = 1e-5
    strength: ConfusionPriors = field(default_factory=ConfusionPriors)

    def fit(
        self,
        task: object,
        worker: Sequence[Any] | NDArray[Any] | None = None,
        label: Sequence[Any] | NDArray[Any] | None = None,
        *,
        classes: Sequence[Any] | None = None,
        columns: tuple[str, str, str] = ("task", "worker", "label"),
    ) -> DawidSkeneFit:
        """Fit answers given as one table, or as three columns of one length."""
        return self.fit_codes(encode(*answer_columns(task, worker, label, columns), classes))

    def fit_codes(self, codes: AnswerCodes) -> DawidSkeneFit:
        """Fit answers that are codes already."""
        found = run(
            group(codes),
            DawidSkeneFamily(self.strength),
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
        )
        return _fit_of(codes, found)


def _fit_of(codes: AnswerCodes, found: Run) -> DawidSkeneFit:
    probabilities = found.class_probabilities(len(codes.classes))
    return DawidSkeneFit(
        tasks=codes.tasks,
        classes=codes.classes,
        workers=codes.workers,
        labels=names_of(codes.classes, winners(probabilities)),
        probabilities=probabilities,
        method="dawid-skene",
        confusion=np.exp(found.learned.log_tables).transpose(0, 2, 1),
        counts=found.counts.transpose(0, 2, 1),
        priors=np.exp(found.learned.log_shares),
        task_counts=found.state_counts,
        log_likelihood=found.log_likelihood,
        iterations=found.iterations,
        converged=found.converged,
    )
