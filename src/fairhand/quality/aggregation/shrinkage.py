"""How far people differ, learned from them: the strength of the crowd's pull on each person.

T. P. Minka: Estimating a Dirichlet distribution, 2000 (2012): the fixed point of the evidence of
Dirichlet-multinomial counts. A person's row of counts is drawn from a matrix that lies about the
crowd's with precision s; s is large where people are alike, small where each is their own. Rows
of everybody and of every true class share one s.
"""

from __future__ import annotations

import numpy as np

from fairhand.quality.aggregation.codes import Floats

WEAKEST, STRONGEST = 0.3, 300.0
_STEPS = 200
_SETTLED = 1e-4
_ENOUGH = 1e-3


def learn_strength(counts: Floats, crowd: Floats, start: float) -> float:
    """Give the precision s at which the counts (people x truth x given) are most probable.

    Stays between a third of an answer and 300 answers, and at `start` where nobody answered
    twice: a single answer says nothing of how people differ.
    """
    from scipy.special import digamma  # slow to import, and most models do not need it

    total = counts.sum(axis=-1)
    person, truth = np.nonzero(total > 1.0 + _ENOUGH)
    if not len(person) or crowd.shape[-1] < 2:
        return start
    seen, all_seen, centre = counts[person, truth], total[person, truth], crowd[truth]
    strength = start
    for _ in range(_STEPS):
        lean = strength * centre
        gained = (centre * (digamma(seen + lean) - digamma(lean))).sum()
        lost = (digamma(all_seen + strength) - digamma(strength)).sum()
        before = strength
        strength = float(np.clip(strength * gained / lost, WEAKEST, STRONGEST))
        if abs(strength - before) <= _SETTLED * before:
            break
    return strength
