"""Earlier records of people, added to what they are seen to do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.aggregation.engine import Family, Learned
from fairhand.quality.aggregation.matches import MatchFamily, Tally


@dataclass(frozen=True, slots=True)
class WithPast:
    """A family that also learns from earlier counts (people x given class x state)."""

    family: Family
    counts: Floats

    @classmethod
    def of(cls, family: Family, past: Floats | None) -> Family:
        """Give the family itself where nothing earlier is known (people x truth x given)."""
        if past is None:
            return family
        return cls(family, spread_over(past, family.states(past.shape[1])))

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        return self.family.name

    def states(self, classes: int) -> Codes:
        """The family's."""
        return self.family.states(classes)

    def start(self, workers: int, classes: int) -> Learned:
        """Begin with what the record teaches, so that the first posteriors know of it too."""
        return self.family.learn(self.counts, np.zeros(len(self.states(classes))))

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Learn from what is seen and from the record."""
        return self.family.learn(counts + self.counts, state_counts)


def spread_over(past: Floats, states: Codes) -> Floats:
    """Turn truth x given into given x state; states of one class share its counts evenly."""
    shared = np.bincount(states, minlength=past.shape[1])
    spread: Floats = past[:, states, :].transpose(0, 2, 1) / shared[states]
    return spread


def past_tally(past: Floats | None, family: MatchFamily) -> Tally | None:
    """Give earlier counts (people x truth x given) as a tally of the family's rows."""
    if past is None:
        return None
    return family.tally_of(spread_over(past, family.states(past.shape[1])))
