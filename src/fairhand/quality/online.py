"""Posteriors that follow each answer at once, in microseconds, without a refit.

Incremental EM (R. M. Neal, G. E. Hinton: A view of the EM algorithm that justifies incremental,
sparse, and other variants, 1998): what is known of people is a sum of expected answers over
tasks, so a task's old share can be taken out, its posterior computed from all the others, and
its new share put back. A task never confirms itself, which keeps early posteriors modest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.aggregation.confusion import ConfusionPriors, newcomer
from fairhand.quality.systems import aggregator

Answer = tuple[int, int]
"""A person's id and the code of the class they gave."""


@aggregator("online", "what is known of each person so far, answer by answer, as work comes in")
class OnlineModel:
    """What is known of one question: the classes, the crowd and each person; learns in place."""

    def __init__(
        self,
        classes: int,
        priors: ConfusionPriors | None = None,
        *,
        task_counts: Floats | None = None,
        crowd: Floats | None = None,
        people: Iterable[tuple[int, Floats]] = (),
    ) -> None:
        self.classes = classes
        self.priors = priors or ConfusionPriors()
        self.task_counts = np.zeros(classes) if task_counts is None else task_counts
        self.crowd = np.zeros((classes, classes)) if crowd is None else crowd
        self.people = dict(people)
        self._newcomer = self.priors.crowd * newcomer(classes, self.priors)

    def posterior(self, answers: Sequence[Answer]) -> Floats:
        """Give the probability of each class for a task with these answers."""
        log_joint = np.log(self.task_counts + self.priors.tasks / self.classes)
        crowd_total = self.crowd.sum(axis=1) + self.priors.crowd
        for person, given in answers:
            crowd = (self.crowd[:, given] + self._newcomer[:, given]) / crowd_total
            counts = self.people.get(person)
            if counts is None:
                log_joint += np.log(crowd)
                continue
            strength = self.priors.person
            leaned = counts[:, given] + strength * crowd
            log_joint += np.log(leaned / (counts.sum(axis=1) + strength))
        weights = np.exp(log_joint - log_joint.max())
        posterior: Floats = weights / weights.sum()
        return posterior

    def learn(self, answers: Sequence[Answer], belief: Floats) -> None:
        """Put in a task's share: these people gave these answers, and the truth is `belief`."""
        self._add(answers, belief)

    def forget(self, answers: Sequence[Answer], belief: Floats) -> None:
        """Take out a task's share that was put in with the same belief."""
        self._add(answers, -belief)

    def _add(self, answers: Sequence[Answer], belief: Floats) -> None:
        _add_into(self.task_counts, belief)
        for person, given in answers:
            counts = self.people.get(person)
            if counts is None:
                counts = self.people[person] = np.zeros((self.classes, self.classes))
            _add_into(counts[:, given], belief)
            _add_into(self.crowd[:, given], belief)


def _add_into(counts: Floats, change: Floats) -> None:
    """Add in place; counts do not fall below zero, whatever rounding leaves behind."""
    counts += change
    np.maximum(counts, 0.0, out=counts)
