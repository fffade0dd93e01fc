"""Whom to offer a task to first: skill for its price, so that newcomers get their chance too.

This orders tasks and people; it keeps nobody out. Everybody stays eligible for every task, nobody
is paid less for being asked later, and what a person earns an hour is set elsewhere, by the floor.
A person's skill is uncertain while they have answered little, so it is drawn from what it may be
(W. R. Thompson: On the likelihood that one unknown probability exceeds another, 1933): newcomers
come first often enough to become known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairhand.quality.adaptive.value import value_of_one_more
from fairhand.quality.aggregation.codes import Floats


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be asked.

    `counts` are their expected answers so far (true class x given class; all zero for a
    newcomer), `price` is what an answer of theirs costs, and `available` the chance that they
    come by in time, as they have declared or as they have so far.
    """

    person: int
    counts: Floats
    price: float
    available: float = 1.0


def whom_to_ask(
    posterior: Floats,
    crowd: Floats,
    candidates: Sequence[Candidate],
    rng: np.random.Generator,
    *,
    strength: float = 3.0,
) -> tuple[int, ...]:
    """Give every candidate's person id, the one whose answer is worth most for its price first.

    `posterior` are the task's class probabilities, `crowd` P(given | truth) of everybody, on which
    a person's record leans with `strength` answers a class. Raises ValueError for a price that is
    not above zero, a chance outside 0 to 1, or somebody named twice.
    """
    _check(candidates)
    worth = [one.available * _drawn_value(posterior, crowd, one, rng, strength) / one.price
             for one in candidates]  # fmt: skip
    order = sorted(range(len(candidates)), key=lambda place: -worth[place])
    return tuple(candidates[place].person for place in order)


def _drawn_value(
    posterior: Floats, crowd: Floats, one: Candidate, rng: np.random.Generator, strength: float
) -> float:
    leaned = np.maximum(one.counts + strength * crowd, 1e-9)
    drawn = rng.standard_gamma(leaned)
    table = drawn / np.maximum(drawn.sum(axis=1, keepdims=True), 1e-300)
    # A single answer that cannot turn a label still teaches: information, not only the turn.
    gain = value_of_one_more(posterior, table, worth=1.0, price=0.0)
    return float(gain) + _information(posterior, table)


def _information(posterior: Floats, table: Floats) -> float:
    """Give the mutual information of the truth and this person's answer, in nats."""
    joint = posterior[:, None] * table
    given = joint.sum(axis=0)
    ratio = table / np.maximum(given, 1e-300)
    return float((joint * np.log(np.maximum(ratio, 1e-300))).sum())


def _check(candidates: Sequence[Candidate]) -> None:
    if len({one.person for one in candidates}) != len(candidates):
        raise ValueError("a person is named twice among the candidates")
    for one in candidates:
        if one.price <= 0.0:
            raise ValueError(f"the price of person {one.person} must be above zero")
        if not 0.0 <= one.available <= 1.0:
            raise ValueError(f"the availability of person {one.person} must lie within 0 and 1")
