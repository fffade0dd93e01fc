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
from fairhand.quality.aggregation.majority import vote_counts
from fairhand.quality.aggregation.result import Aggregation, names_of, winners

_MAX_CELLS = 250_000_000


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
class DawidSkene:
    """The estimator and its settings; deterministic, never NaN."""

    max_iterations: int = 100
    tolerance: float = 1e-5
    strength: ConfusionPriors = field(default_factory=ConfusionPriors)

    def fit(
        self,
        task: Sequence[Any] | NDArray[Any],
        worker: Sequence[Any] | NDArray[Any],
        label: Sequence[Any] | NDArray[Any],
        *,
        classes: Sequence[Any] | None = None,
    ) -> DawidSkeneFit:
        """Fit answers given as three columns of one length."""
        return self.fit_codes(encode(task, worker, label, classes))

    def fit_codes(self, codes: AnswerCodes) -> DawidSkeneFit:
        """Fit answers that are codes already."""
        if len(codes.workers) * len(codes.classes) ** 2 > _MAX_CELLS:
            raise ValueError(
                f"{len(codes.workers)} people x {len(codes.classes)} classes squared is too large "
                "for confusion matrices; are these free answers rather than classes?"
            )
        em = _Em(codes, self.strength)
        change, iterations = np.inf, 0
        while change > self.tolerance and iterations < self.max_iterations:
            change = em.step()
            iterations += 1
        return em.result(iterations, converged=change <= self.tolerance)


class _Em:
    """The state of one run. Tables are class-major, so each pass is a few long bincounts."""

    def __init__(self, codes: AnswerCodes, priors: ConfusionPriors) -> None:
        self.codes, self.priors = codes, priors
        self.n, self.w, self.k = len(codes.tasks), len(codes.workers), len(codes.classes)
        self.cell: Codes = codes.worker * self.k + codes.label
        log_newcomer = np.log(newcomer(self.k, priors))
        self.posterior, _ = _normalise(log_newcomer @ vote_counts(codes).T)
        self.log_likelihood = 0.0
        self._learn()

    def step(self) -> float:
        """Run one E-step and one M-step; return the largest change of a probability."""
        before = self.posterior
        self.posterior, self.log_likelihood = _normalise(self._log_joint())
        self._learn()
        return float(np.abs(self.posterior - before).max(initial=0.0))

    def _log_joint(self) -> Floats:
        log_shares = np.log(self.shares)
        log_tables = np.log(self.confusion).transpose(1, 0, 2).reshape(self.k, self.w * self.k)
        joint = np.empty((self.k, self.n))
        for truth in range(self.k):
            evidence = log_tables[truth][self.cell]
            joint[truth] = np.bincount(self.codes.task, weights=evidence, minlength=self.n)
            joint[truth] += log_shares[truth]
        return joint

    def _learn(self) -> None:
        table = np.empty((self.k, self.w * self.k))
        for truth in range(self.k):
            belief = self.posterior[truth][self.codes.task]
            table[truth] = np.bincount(self.cell, weights=belief, minlength=self.w * self.k)
        self.counts = table.reshape(self.k, self.w, self.k).transpose(1, 0, 2)
        self.task_counts = self.posterior.sum(axis=1)
        crowd = crowd_confusion(self.counts.sum(axis=0), self.priors)
        self.confusion = person_confusion(self.counts, crowd, self.priors)
        self.shares = class_shares(self.task_counts, self.priors)

    def result(self, iterations: int, *, converged: bool) -> DawidSkeneFit:
        """Freeze the state."""
        probabilities = np.ascontiguousarray(self.posterior.T)
        return DawidSkeneFit(
            tasks=self.codes.tasks,
            classes=self.codes.classes,
            workers=self.codes.workers,
            labels=names_of(self.codes.classes, winners(probabilities)),
            probabilities=probabilities,
            method="dawid-skene",
            confusion=self.confusion,
            counts=self.counts,
            priors=self.shares,
            task_counts=self.task_counts,
            log_likelihood=self.log_likelihood,
            iterations=iterations,
            converged=converged,
        )


def _normalise(log_joint: Floats) -> tuple[Floats, float]:
    """Turn class x task log weights into posteriors; also give the log evidence of all tasks."""
    if log_joint.size == 0:
        return np.zeros_like(log_joint), 0.0
    peak = log_joint.max(axis=0)
    weights = np.exp(log_joint - peak)
    mass = weights.sum(axis=0)
    return weights / mass, float((np.log(mass) + peak).sum())
