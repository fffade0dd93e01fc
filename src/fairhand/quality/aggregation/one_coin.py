"""One coin a person: each is right with a chance of their own, whatever the class.

The one-parameter case of A. P. Dawid, A. M. Skene (Applied Statistics 28(1), 1979), known as
ZenCrowd: G. Demartini, D. E. Difallah, P. Cudré-Mauroux, WWW 2012. Each accuracy carries a beta
prior centred on the crowd's accuracy, which is itself estimated. It needs far fewer answers than
a whole confusion matrix; it errs where people confuse particular classes.
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


@dataclass(frozen=True, slots=True)
class OneCoinFamily(MatchFamily):
    """Wrong answers fall evenly on the other classes."""

    strength: ConfusionPriors = field(default_factory=ConfusionPriors)

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        return "one-coin"

    def begin(self, workers: int, classes: int) -> Chances:
        """Everybody is a newcomer."""
        accuracy = np.full((workers, 1), self.strength.accuracy)
        return _chances(accuracy, np.full(classes, 1.0 / max(classes, 1)))

    def teach(self, tally: Tally, state_counts: Floats, classes: int) -> Chances:
        """Shrink each person's share of right answers to the crowd's."""
        accuracy = lean_on_crowd(tally.right, tally.given, self.strength)
        return _chances(accuracy, class_shares(state_counts, self.strength))


@aggregator("one-coin", "one accuracy a person, errors spread evenly")
@dataclass(frozen=True, slots=True)
class OneCoin(PeopleModel[PeopleFit]):
    """The estimator and its settings."""

    max_iterations: int = 100
    tolerance: float = 1e-5
    strength: ConfusionPriors = field(default_factory=ConfusionPriors)

    def fit_codes(
        self, codes: AnswerCodes, *, gold: Gold | None = None, people: Past | None = None
    ) -> PeopleFit:
        """Fit answers that are codes already."""
        grouped = group(codes)
        family = OneCoinFamily(self.strength)
        found = run_matches(
            grouped,
            family,
            offset=gold_offset(codes, gold, family.states(grouped.classes)),
            past=past_tally(past_counts(codes, people), family),
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
        )
        accuracy = np.exp(found.chances.hit[:, 0])
        error = beta_error(accuracy, found.tally.given[:, 0] + self.strength.person)
        shares = np.exp(found.chances.log_shares)
        return people_fit(
            codes, found, family.name, shares, (accuracy, error), inspect(grouped, codes.workers)
        )


def lean_on_crowd(right: Floats, given: Floats, strength: ConfusionPriors) -> Floats:
    """Give each person's accuracy (people x levels), leaning on the crowd's at that level."""
    crowd_right = right.sum(axis=0) + strength.crowd * strength.accuracy
    crowd = crowd_right / (given.sum(axis=0) + strength.crowd)
    # Counts are sums of probabilities: rounding may put `right` a hair above `given`.
    leaned = np.minimum(right, given) + strength.person * crowd
    accuracy: Floats = leaned / (given + strength.person)
    return accuracy


def _chances(accuracy: Floats, shares: Floats) -> Chances:
    classes = len(shares)
    if classes <= 1:
        return Chances(np.zeros_like(accuracy), np.zeros_like(accuracy), np.log(shares))
    miss = np.log((1.0 - accuracy) / (classes - 1))
    return Chances(np.log(accuracy), miss, np.log(shares))
