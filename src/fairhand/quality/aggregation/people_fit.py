"""What a model of people gives back beside the labels: how right each person is, how surely.

A person's accuracy is the chance that an answer of theirs is right on a task drawn like these.
Its interval treats expected counts as if they had been seen: where the truth itself is doubtful
it is a little too narrow, so read it together with the probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.result import Aggregation, names_of, winners


@dataclass(frozen=True, slots=True)
class PeopleFit(Aggregation):
    """Labels and probabilities, each person's accuracy, and how the estimation went.

    `accuracy[w]` and its standard error `accuracy_error[w]` belong to `workers[w]`; `priors` are
    the shares of the classes, `task_counts` the expected number of tasks of each class.
    """

    accuracy: Floats
    accuracy_error: Floats
    priors: Floats
    task_counts: Floats
    log_likelihood: float
    iterations: int
    converged: bool

    def accuracy_interval(self, confidence: float = 0.95) -> Floats:
        """Give where each person's accuracy lies with this confidence, people x (low, high)."""
        if not 0.0 < confidence < 1.0:
            raise ValueError("confidence must lie between 0 and 1")
        return beta_interval(self.accuracy, self.accuracy_error, confidence)


class Found(Protocol):
    """A finished run of either engine."""

    @property
    def posterior(self) -> Floats: ...
    @property
    def state_class(self) -> Codes: ...
    @property
    def state_counts(self) -> Floats: ...
    @property
    def log_likelihood(self) -> float: ...
    @property
    def iterations(self) -> int: ...
    @property
    def converged(self) -> bool: ...


def people_fit(
    codes: AnswerCodes,
    found: Found,
    name: str,
    shares: Floats,
    accuracy: tuple[Floats, Floats],
    warnings: tuple[str, ...],
) -> PeopleFit:
    """Tell a finished run in terms of classes; `shares` are of the states."""
    classes = len(codes.classes)
    probabilities = by_class(found.posterior, found.state_class, classes)
    return PeopleFit(
        tasks=codes.tasks,
        classes=codes.classes,
        workers=codes.workers,
        labels=names_of(codes.classes, winners(probabilities)),
        probabilities=probabilities,
        method=name,
        warnings=warnings,
        accuracy=accuracy[0],
        accuracy_error=accuracy[1],
        priors=by_class(shares[None], found.state_class, classes)[0],
        task_counts=by_class(found.state_counts[None], found.state_class, classes)[0],
        log_likelihood=found.log_likelihood,
        iterations=found.iterations,
        converged=found.converged,
    )


def by_class(states: Floats, state_class: Codes, classes: int) -> Floats:
    """Sum the states (last axis) of each class."""
    if np.array_equal(state_class, np.arange(classes)):
        return states
    found = np.zeros((len(states), classes))
    for state, code in enumerate(state_class.tolist()):
        found[:, code] += states[:, state]
    return found


def beta_interval(mean: Floats, error: Floats, confidence: float) -> Floats:
    """Give the central interval of the beta distributions with these means and standard errors."""
    from scipy.special import betaincinv  # slow to import, and few ask for intervals

    tail = (1.0 - confidence) / 2.0
    inner = np.clip(mean, 1e-12, 1.0 - 1e-12)
    spread = np.maximum(error**2, 1e-24)
    weight = np.maximum(inner * (1.0 - inner) / spread - 1.0, 1e-9)
    a, b = inner * weight, (1.0 - inner) * weight
    found: Floats = np.stack([betaincinv(a, b, tail), betaincinv(a, b, 1.0 - tail)], axis=-1)
    return found


def beta_error(mean: Floats, weight: Floats) -> Floats:
    """Give the standard error of a beta distribution with this mean and this many answers."""
    error: Floats = np.sqrt(mean * (1.0 - mean) / (weight + 1.0))
    return error


def table_accuracy(tables: Floats, weights: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Give accuracy and its standard error from confusion matrices (people x truth x given).

    `weights` (people x truth) are the answers, prior included, that each row rests on.
    """
    right = np.diagonal(tables, axis1=-2, axis2=-1)
    error = np.sqrt((shares**2 * beta_error(right, weights) ** 2).sum(axis=-1))
    return right @ shares, error
