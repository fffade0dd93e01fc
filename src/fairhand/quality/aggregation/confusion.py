"""How a person's answers relate to the truth, estimated from few answers without overconfidence.

A confusion matrix holds P(answer | truth), rows are truths. Three levels lean on each other, each
a Dirichlet prior for the next: a mild belief that people are better than chance -> the crowd ->
the person. So a newcomer is judged as the crowd is, and a regular by their own record.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairhand.quality.aggregation.codes import Floats


@dataclass(frozen=True, slots=True)
class ConfusionPriors:
    """Strengths of the priors, in answers (`person`, `crowd`: per true class) and in tasks."""

    accuracy: float = 0.7
    crowd: float = 3.0
    person: float = 3.0
    tasks: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 < self.accuracy < 1.0:
            raise ValueError("accuracy must lie between 0 and 1")
        if min(self.crowd, self.person, self.tasks) <= 0.0:
            raise ValueError("the strength of a prior must be above zero")


def newcomer(classes: int, priors: ConfusionPriors) -> Floats:
    """Give the matrix assumed before anybody has answered.

    Right with `priors.accuracy`; errors spread evenly over the other classes.
    """
    if classes <= 1:
        return np.ones((classes, classes))
    matrix = np.full((classes, classes), (1.0 - priors.accuracy) / (classes - 1))
    np.fill_diagonal(matrix, priors.accuracy)
    return matrix


def crowd_confusion(counts: Floats, priors: ConfusionPriors) -> Floats:
    """Smooth everybody's counts (true class x given class) into the crowd's matrix."""
    leaned = counts + priors.crowd * newcomer(len(counts), priors)
    matrix: Floats = leaned / leaned.sum(axis=1, keepdims=True)
    return matrix


def person_confusion(counts: Floats, crowd: Floats, priors: ConfusionPriors) -> Floats:
    """Shrink counts (... x true class x given class) to the crowd's matrix.

    The more a person has answered, the less the crowd's habits count for them.
    """
    leaned = counts + priors.person * crowd
    matrix: Floats = leaned / leaned.sum(axis=-1, keepdims=True)
    return matrix


def class_shares(counts: Floats, priors: ConfusionPriors) -> Floats:
    """Smooth how many tasks are of each class into shares that are never zero."""
    leaned = counts + priors.tasks / max(len(counts), 1)
    shares: Floats = leaned / leaned.sum() if len(leaned) else leaned
    return shares
