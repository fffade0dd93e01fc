"""People's ways with pairs: reliability, side and threshold, each shrunk to the crowd's.

A person's three numbers differ from the crowd's by normal deviations whose spreads are learned
from everybody (empirical Bayes), so that ten votes move a person little and a thousand move them
far. The idea of weighing people while ranking is from X. Chen and others: Pairwise ranking
aggregation in a crowdsourced setting, WSDM 2013 (Crowd-BT); there each person flips votes with
some probability, here they see differences larger or smaller, and lean to a side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.ranking.newton import next_sd
from fairhand.quality.ranking.pair_kernel import PARTS

# How far people are believed to differ before anything is known: reliability, side, tie.
USUAL_SPREAD = np.array([0.3, 0.3, 0.5])
# The crowd's side and tie are held by wide priors: a side of 0.5 is odds of 1.65.
CROWD_SD = np.array([0.0, 0.5, 2.0])
NO_TIES = -700.0
_LONGEST_STEP = 1.0
_FIXED = 1e12


@dataclass(slots=True)
class People:
    """The crowd's numbers, everybody's deviations, and how far deviations spread."""

    crowd: Floats
    own: Floats
    spread: Floats
    free: Floats

    @property
    def table(self) -> Floats:
        """Everybody's reliability, side and tie, people x 3."""
        return self.crowd + self.own

    def log_prior(self, crowd: Floats, own: Floats) -> float:
        """Give the log density of these numbers, up to a constant of the spreads."""
        start = start_of(self)
        total = 0.0
        for part in range(3):
            if CROWD_SD[part] > 0.0:
                total -= 0.5 * ((crowd[part] - start[part]) / CROWD_SD[part]) ** 2
        scaled = own / self.spread
        return float(total - 0.5 * (scaled**2).sum())


def start_of(people: People) -> Floats:
    """Give the crowd's numbers before any vote: sees differences, no side, ties a third."""
    return np.array([1.0, 0.0, 0.0 if people.crowd[2] > NO_TIES else NO_TIES])


def everybody(count: int, *, ties: bool, side: bool, own: bool) -> People:
    """Start with everybody alike; `own` lets people differ, `side` lets the side matter."""
    crowd = np.array([1.0, 0.0, 0.0 if ties else NO_TIES])
    crowd_free = np.array([0.0, float(side), float(ties)])
    own_free = np.array([1.0, float(side), float(ties)]) * float(own)
    return People(
        crowd, np.zeros((count, 3)), USUAL_SPREAD.copy(), np.stack([crowd_free, own_free])
    )


def full(parts: Floats) -> Floats:
    """Turn the six parts of a curvature (people x 6) into matrices (people x 3 x 3)."""
    table = np.empty((len(parts), 3, 3))
    for at, (row, column) in enumerate(PARTS):
        table[:, row, column] = table[:, column, row] = parts[:, at]
    return table


def people_step(people: People, slope: Floats, curve: Floats) -> tuple[Floats, Floats]:
    """Give the Newton step of the crowd's numbers and of everybody's deviations together.

    `slope` (people x 3) and `curve` (people x 3 x 3) are the likelihood's. The matrix is an
    arrow: everybody's block touches the crowd's alone, so it is solved by elimination.
    """
    crowd_free, own_free = people.free
    own_precision = np.where(own_free > 0, 1.0 / people.spread**2, _FIXED)
    usual = np.where(CROWD_SD > 0, CROWD_SD, 1.0)
    crowd_precision = np.where(crowd_free > 0, 1.0 / usual**2, _FIXED)
    block = curve + np.diag(own_precision)
    own_slope = slope - people.own * own_precision
    away = people.crowd - start_of(people)
    crowd_slope = (slope.sum(axis=0) - away * crowd_precision) * crowd_free
    through = np.linalg.solve(block, curve)
    reached = np.linalg.solve(block, own_slope[..., None])[..., 0]
    left = curve.sum(axis=0) - np.einsum("wij,wjk->ik", curve, through) + np.diag(crowd_precision)
    pull = crowd_slope - np.einsum("wij,wj->i", curve, reached) * crowd_free
    crowd = np.clip(np.linalg.solve(left, pull), -_LONGEST_STEP, _LONGEST_STEP) * crowd_free
    own = (reached - np.einsum("wij,j->wi", through, crowd)) * own_free
    return crowd, np.clip(own, -_LONGEST_STEP, _LONGEST_STEP)


def next_spread(people: People, curve: Floats) -> Floats:
    """Give the spreads of the deviations that the evidence asks for."""
    _, own_free = people.free
    if not own_free.any():
        return people.spread
    covariance = np.linalg.inv(curve + np.diag(1.0 / people.spread**2))
    traces = np.einsum("wii->i", covariance)
    squares = (people.own**2).sum(axis=0)
    found = [
        next_sd(squares[p], len(people.own), traces[p], people.spread[p], USUAL_SPREAD[p])
        if own_free[p] > 0
        else people.spread[p]
        for p in range(3)
    ]
    return np.array(found)


def people_errors(people: People, curve: Floats) -> tuple[Floats, Floats]:
    """Give the standard errors of the crowd's numbers (3) and of everybody's (people x 3)."""
    crowd_free, own_free = people.free
    own_precision = np.where(own_free > 0, 1.0 / people.spread**2, _FIXED)
    usual = np.where(CROWD_SD > 0, CROWD_SD, 1.0)
    crowd_precision = np.where(crowd_free > 0, 1.0 / usual**2, _FIXED)
    block = curve + np.diag(own_precision)
    through = np.linalg.solve(block, curve)
    left = curve.sum(axis=0) - np.einsum("wij,wjk->ik", curve, through) + np.diag(crowd_precision)
    crowd = np.linalg.inv(left)
    # A person's number is the crowd's plus their own: (I - T) C (I - T)' + inverse block.
    kept = np.eye(3) - through
    spread = np.linalg.inv(block) + np.einsum("wij,jk,wlk->wil", kept, crowd, kept)
    person = np.sqrt(np.maximum(np.einsum("wii->wi", spread), 0.0))
    return np.sqrt(np.diagonal(crowd)), person
