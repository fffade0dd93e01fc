"""Who looks at the task at all: a person answers it, or answers from a habit of their own.

D. Hovy, T. Berg-Kirkpatrick, A. Vaswani, E. Hovy: Learning whom to trust with MACE, NAACL 2013.
With the chance h of a person, their answer is the true class; otherwise it is drawn from their
habit s, whatever the task: P(g | t) = h [g = t] + (1 - h) s(g). A beta prior on h and a Dirichlet
prior on s lean on the crowd's, which are estimated.

Both are learned from expected answers alone: an answer that matches the truth is a habit's with
probability (1 - h) s(g) / (h + (1 - h) s(g)), one that does not match always is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.aggregation.confusion import ConfusionPriors, class_shares
from fairhand.quality.aggregation.engine import group
from fairhand.quality.aggregation.estimator import PeopleModel
from fairhand.quality.aggregation.inspection import inspect
from fairhand.quality.aggregation.known import Gold, Past, gold_offset, past_counts
from fairhand.quality.aggregation.matches import Chances, MatchFamily, Tally, run_matches
from fairhand.quality.aggregation.past import past_tally
from fairhand.quality.aggregation.people_fit import PeopleFit, beta_error, people_fit
from fairhand.quality.systems import aggregator

_STEPS = 12


@dataclass(frozen=True, slots=True)
class SpammingFamily(MatchFamily):
    """Honest with a chance of one's own, otherwise by a habit of one's own."""

    strength: ConfusionPriors = field(default_factory=ConfusionPriors)

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        return "spamming"

    @property
    def by_label(self) -> bool:
        """A habit has a probability for each label."""
        return True

    def begin(self, workers: int, classes: int) -> Chances:
        """Everybody is a newcomer: right as often as assumed, otherwise any label."""
        even = np.full((workers, classes), 1.0 / max(classes, 1))
        honest = np.full(workers, _honest_of(self.strength.accuracy, classes))
        return _chances(honest, even, even[:1].reshape(-1) if workers else _even(classes))

    def teach(self, tally: Tally, state_counts: Floats, classes: int) -> Chances:
        """Split each person's matching answers into looked and lucky, a few times over."""
        shape = (tally.right.size // max(classes, 1), classes)
        right = np.minimum(tally.right, tally.given).reshape(shape)
        wrong = tally.wrong.reshape(shape)
        crowd = _split(
            right.sum(axis=0)[None],
            wrong.sum(axis=0)[None],
            np.array([_honest_of(self.strength.accuracy, classes)]),
            _even(classes)[None],
            self.strength.crowd,
        )
        honest, habit = _split(right, wrong, crowd[0], crowd[1], self.strength.person)
        return _chances(honest, habit, class_shares(state_counts, self.strength))


@aggregator("spamming", "a person looks, or answers from habit")
@dataclass(frozen=True, slots=True)
class Spamming(PeopleModel[PeopleFit]):
    """The estimator and its settings."""

    max_iterations: int = 100
    tolerance: float = 1e-5
    strength: ConfusionPriors = field(default_factory=ConfusionPriors)

    def fit_codes(
        self, codes: AnswerCodes, *, gold: Gold | None = None, people: Past | None = None
    ) -> PeopleFit:
        """Fit answers that are codes already."""
        grouped = group(codes)
        family = SpammingFamily(self.strength)
        found = run_matches(
            grouped,
            family,
            offset=gold_offset(codes, gold, family.states(grouped.classes)),
            past=past_tally(past_counts(codes, people), family),
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
        )
        shares = np.exp(found.chances.log_shares)
        shape = (grouped.workers, grouped.classes)
        accuracy = np.minimum(np.exp(found.chances.hit).reshape(shape) @ shares, 1.0)
        given = found.tally.given.reshape(shape).sum(axis=1)
        error = beta_error(accuracy, given + self.strength.person)
        warnings = inspect(grouped, codes.workers)
        return people_fit(codes, found, family.name, shares, (accuracy, error), warnings)


def _split(
    right: Floats, wrong: Floats, honest: Floats, habit: Floats, strength: float
) -> tuple[Floats, Floats]:
    """Fit chances of honesty and habits, leaning on those given, by a few EM steps."""
    base_honest, base_habit = honest, habit
    lean = strength * (1.0 - base_honest)
    total = right.sum(axis=1) + wrong.sum(axis=1) + strength
    # From the moments: lucky matches are about as many as misses of the same label allow.
    classes = right.shape[1]
    lucky = np.minimum(right, wrong / max(classes - 1, 1))
    for _ in range(_STEPS):
        spam = wrong + lucky
        spam_total = spam.sum(axis=1) + lean
        habit = (spam + lean[:, None] * base_habit) / spam_total[:, None]
        honest = np.clip(1.0 - spam_total / total, 1e-9, 1.0 - 1e-9)
        by_habit = (1.0 - honest)[:, None] * habit
        lucky = right * by_habit / (honest[:, None] + by_habit)
    return honest, habit


def _chances(honest: Floats, habit: Floats, shares: Floats) -> Chances:
    by_habit = (1.0 - honest)[:, None] * habit
    hit = np.log(honest[:, None] + by_habit)
    return Chances(hit.reshape(-1, 1), np.log(by_habit).reshape(-1, 1), np.log(shares))


def _honest_of(accuracy: float, classes: int) -> float:
    """Give the chance of honesty at which even habits make answers right this often."""
    chance = 1.0 / max(classes, 1)
    return max((accuracy - chance) / (1.0 - chance), 0.05) if classes > 1 else 0.5


def _even(classes: int) -> Floats:
    return np.full(classes, 1.0 / max(classes, 1))
