"""Dawid-Skene where nothing learned about people is taken for certain.

H.-C. Kim, Z. Ghahramani: Bayesian classifier combination, AISTATS 2012; variational: E. Simpson,
S. Roberts, I. Psorakis, A. Smith, 2013. Confusion matrices and class shares keep a Dirichlet
distribution rather than a point: a table holds exp E[log p], which sums to less than one, the
less the fewer answers a person gave. The prior of a person's rows is centred on the crowd's table.

`log_likelihood` is the evidence lower bound, constants included, so that models of different size
can be compared by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.confusion import (
    ConfusionPriors,
    crowd_confusion,
    newcomer,
    person_confusion,
)
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFit, confusion_fit
from fairhand.quality.aggregation.engine import Learned, group, run
from fairhand.quality.aggregation.estimator import PeopleModel
from fairhand.quality.aggregation.inspection import inspect
from fairhand.quality.aggregation.known import Gold, Past, gold_offset, past_counts
from fairhand.quality.aggregation.past import WithPast
from fairhand.quality.aggregation.people_fit import table_accuracy
from fairhand.quality.systems import aggregator


@dataclass(frozen=True, slots=True)
class IBCCFamily:
    """Everybody has a distribution over whole confusion matrices, leaning on the crowd's."""

    strength: ConfusionPriors = field(default_factory=ConfusionPriors)

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        return "ibcc"

    def states(self, classes: int) -> Codes:
        """One state a class."""
        return np.arange(classes)

    def start(self, workers: int, classes: int) -> Learned:
        """Everybody is a newcomer."""
        table = np.log(newcomer(classes, self.strength).T)
        shares = np.full(classes, -np.log(max(classes, 1)))
        return Learned(np.broadcast_to(table, (workers, classes, classes)), shares)

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Give expected log tables; `log_prior` is minus their divergence from the prior."""
        classes = len(state_counts)
        if not classes:
            return Learned(np.zeros_like(counts), np.zeros(0))
        by_truth = counts.transpose(0, 2, 1)
        prior = self.strength.person * crowd_confusion(by_truth.sum(axis=0), self.strength)
        tables = expected_log(by_truth + prior)
        share_prior = np.full(classes, self.strength.tasks / classes)
        shares = expected_log(state_counts + share_prior)
        distance = divergence(by_truth + prior, prior, tables)
        distance += divergence(state_counts + share_prior, share_prior, shares)
        return Learned(tables.transpose(0, 2, 1), shares, -distance)


@aggregator("ibcc", "Dawid-Skene where nothing learned is taken for certain")
@dataclass(frozen=True, slots=True)
class IBCC(PeopleModel[DawidSkeneFit]):
    """The estimator and its settings."""

    max_iterations: int = 100
    tolerance: float = 1e-5
    strength: ConfusionPriors = field(default_factory=ConfusionPriors)

    def fit_codes(
        self, codes: AnswerCodes, *, gold: Gold | None = None, people: Past | None = None
    ) -> DawidSkeneFit:
        """Fit answers that are codes already."""
        grouped = group(codes)
        past = past_counts(codes, people)
        found = run(
            grouped,
            WithPast.of(IBCCFamily(self.strength), past),
            offset=gold_offset(codes, gold, np.arange(grouped.classes)),
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
        )
        bound = found.log_likelihood + found.learned.log_prior
        found = replace(found, log_likelihood=bound)
        by_truth = found.counts.transpose(0, 2, 1) + (0.0 if past is None else past)
        weights = self.strength.person + by_truth.sum(axis=2)
        crowd = crowd_confusion(by_truth.sum(axis=0), self.strength)
        fit = confusion_fit(codes, found, "ibcc", weights, inspect(grouped, codes.workers))
        # The engine's tables hold exp E[log p]; people are told their mean.
        tables = person_confusion(by_truth, crowd, self.strength)
        accuracy, error = table_accuracy(tables, weights, fit.priors)
        return replace(fit, confusion=tables, accuracy=accuracy, accuracy_error=error)


def expected_log(weights: Floats) -> Floats:
    """Give E[log p] of Dirichlet distributions along the last axis: psi(a) - psi(sum of a)."""
    from scipy.special import digamma  # slow to import, and most models do not need it

    found: Floats = digamma(weights) - digamma(weights.sum(axis=-1, keepdims=True))
    return found


def divergence(weights: Floats, prior: Floats, logs: Floats) -> float:
    """Sum the Kullback-Leibler divergences of Dirichlet distributions from their priors.

    `logs` are the expected logs at `weights`.
    """
    from scipy.special import gammaln

    prior = np.broadcast_to(prior, weights.shape)
    normal = gammaln(weights.sum(axis=-1)) - gammaln(weights).sum(axis=-1)
    normal -= gammaln(prior.sum(axis=-1)) - gammaln(prior).sum(axis=-1)
    return float((normal + ((weights - prior) * logs).sum(axis=-1)).sum())
