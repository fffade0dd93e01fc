"""The crowd's confusion matrix for everybody, and one number a person: how often they see right.

Between one coin (A. P. Dawid, A. M. Skene 1979, one accuracy a person) and whole matrices: where
people go wrong is common to all (grade 3 for grade 4), how often is a person's own. With crowd's
chance c(t) of being right when t is true, a person's odds are r c(t) / (1 - c(t)); r is fitted by
Newton's method, with a prior of a few answers at r = 1. It needs no more answers than one coin
does, and holds a common mix-up against nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.confusion import (
    ConfusionPriors,
    class_shares,
    crowd_confusion,
    newcomer,
)
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFit, confusion_fit
from fairhand.quality.aggregation.engine import Learned, group, run
from fairhand.quality.aggregation.estimator import PeopleModel
from fairhand.quality.aggregation.inspection import inspect
from fairhand.quality.aggregation.known import Gold, Past, gold_offset, past_counts
from fairhand.quality.aggregation.past import WithPast
from fairhand.quality.systems import aggregator

_NEWTON_STEPS = 12
_SURE = 1e-9


@dataclass(frozen=True, slots=True)
class ShapedCoinFamily:
    """Wrong answers fall on the other classes as the whole crowd's wrong answers do."""

    strength: ConfusionPriors = field(default_factory=ConfusionPriors)

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        return "shaped-coin"

    def states(self, classes: int) -> Codes:
        """One state a class."""
        return np.arange(classes)

    def start(self, workers: int, classes: int) -> Learned:
        """Everybody is a newcomer."""
        table = np.log(newcomer(classes, self.strength).T)
        shares = np.full(classes, -np.log(max(classes, 1)))
        return Learned(np.broadcast_to(table, (workers, classes, classes)), shares)

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Give each person the crowd's table at their own odds of being right."""
        classes = len(state_counts)
        shares = class_shares(state_counts, self.strength)
        if classes < 2:
            return Learned(np.zeros_like(counts), np.log(shares))
        crowd = crowd_confusion(counts.sum(axis=0).T, self.strength)
        usual = np.diagonal(crowd)
        right = np.diagonal(counts, axis1=1, axis2=2) + self.strength.person * shares * usual
        given = counts.sum(axis=1) + self.strength.person * shares
        accuracy = _fit_odds(right, given, np.log(usual / (1.0 - usual)))
        errors = crowd / (1.0 - usual)[:, None]
        tables = (1.0 - accuracy)[:, :, None] * errors
        tables[:, np.arange(classes), np.arange(classes)] = accuracy
        return Learned(np.log(tables.transpose(0, 2, 1)), np.log(shares))


def _fit_odds(right: Floats, given: Floats, usual: Floats) -> Floats:
    """Give people's chances of being right (people x truth) by Newton's method on log r."""
    log_ratio = np.zeros((len(right), 1))
    for _ in range(_NEWTON_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(usual + log_ratio)))
        slope = (right - given * chance).sum(axis=1, keepdims=True)
        bend = (given * chance * (1.0 - chance)).sum(axis=1, keepdims=True)
        log_ratio += np.clip(slope / np.maximum(bend, _SURE), -1.0, 1.0)
    found: Floats = np.clip(1.0 / (1.0 + np.exp(-(usual + log_ratio))), _SURE, 1.0 - _SURE)
    return found


@aggregator("shaped-coin", "one skill a person, errors as the crowd's")
@dataclass(frozen=True, slots=True)
class ShapedCoin(PeopleModel[DawidSkeneFit]):
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
            WithPast.of(ShapedCoinFamily(self.strength), past),
            offset=gold_offset(codes, gold, np.arange(grouped.classes)),
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
        )
        # One number a person rests on all their answers, so every row is as sure as the others.
        answers = found.counts.sum(axis=(1, 2)) + self.strength.person
        if past is not None:
            answers = answers + past.sum(axis=(1, 2))
        weights = np.outer(answers, np.exp(found.learned.log_shares))
        return confusion_fit(codes, found, "shaped-coin", weights, inspect(grouped, codes.workers))
