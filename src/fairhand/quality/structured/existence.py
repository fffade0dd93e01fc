"""Is there something at all? What some people drew and others did not, weighed by who drew it.

Dawid and Skene (1979) for two classes: each person draws a real thing at a rate of their own,
learned with a prior of 8 in 10; what is not real, two people draw alike by chance only, at a rate
that is not learned (2 in 10), as a thing that nobody drew is never seen. With the prior alone,
more than half of the people decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GOOD, _WEIGHT = 0.8, 10.0
_LEAST_FOUND = 0.3
"""Whoever finds less still speaks for what they draw, more than chance does."""
_PASSES = 30


@dataclass(frozen=True, slots=True)
class Existence:
    """`probability` per thing; per person the share of real things `found`, and the share of their
    things that are not real, `invented`."""

    probability: Floats
    found: Floats
    invented: Floats


def weigh_existence(drew: NDArray[np.bool_], asked: NDArray[np.bool_]) -> Existence:
    """Weigh things (rows) by people (columns): who drew each, of those who saw its image."""
    votes, seen = (drew & asked).astype(float), asked.astype(float)
    people = drew.shape[1]
    found, chance = np.full(people, _GOOD), 1 - _GOOD
    belief = np.zeros(len(drew))
    for _ in range(_PASSES):
        yes, no = np.log(found / chance), np.log((1 - found) / (1 - chance))
        belief = 1 / (1 + np.exp(-(votes @ yes + (seen - votes) @ no)))
        found = np.maximum(_rate(votes, seen, belief[:, None], _GOOD), _LEAST_FOUND)
    invented = _rate(votes * (1 - belief[:, None]), votes, np.ones((len(drew), 1)), 1 - _GOOD)
    return Existence(belief, found, invented)


def _rate(votes: Floats, seen: Floats, weight: Floats, usual: float) -> Floats:
    held = (weight * votes).sum(axis=0) + _WEIGHT * usual
    rate: Floats = held / ((weight * seen).sum(axis=0) + _WEIGHT)
    return rate
