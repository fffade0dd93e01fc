"""Majority votes in which a person weighs as much as they agree with everybody else.

Agreement weights follow Appen's "worker agreement with aggregate" (Wawa), repeated until nothing
changes as in zero-based skill; log-odds weights are optimal for independent people with one
accuracy each: S. Nitzan, J. Paroush, International Economic Review 23(2), 1982.

A person's agreement is measured against the votes of the others, never against their own, and
leans on the crowd's where they met few others. No probability model is assumed for "agreement"
weights: `probabilities` are then shares of weight. With "log-odds" they are posteriors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.engine import group
from fairhand.quality.aggregation.estimator import PeopleModel
from fairhand.quality.aggregation.inspection import inspect
from fairhand.quality.aggregation.known import Gold, Past, gold_codes, past_counts
from fairhand.quality.aggregation.people_fit import PeopleFit, beta_error, people_fit
from fairhand.quality.systems import aggregator

Weights = Literal["agreement", "log-odds"]
_ALIKE = 1e-9
_USUAL = 0.7
_CROWD = 3.0


@dataclass(frozen=True, slots=True)
class _Voted:
    posterior: Floats
    state_class: Codes
    state_counts: Floats
    log_likelihood: float
    iterations: int
    converged: bool


@aggregator("weighted-majority", "votes weighed by agreement with the others")
@dataclass(frozen=True, slots=True)
class WeightedMajority(PeopleModel[PeopleFit]):
    """The estimator and its settings.

    `iterations` is how often weights are measured again against the weighted vote; `strength` how
    many answers the crowd's agreement counts for beside a person's own.
    """

    weights: Weights = "agreement"
    iterations: int = 20
    strength: float = 3.0
    leave_out_own: bool = True

    def fit_codes(
        self, codes: AnswerCodes, *, gold: Gold | None = None, people: Past | None = None
    ) -> PeopleFit:
        """Fit answers that are codes already. `log_likelihood` is zero: nothing is modelled."""
        n, k, m = len(codes.tasks), len(codes.classes), len(codes.workers)
        weight, agreement, met = np.ones(m), np.ones(m), np.zeros(m)
        known = gold_codes(codes, gold)
        past = past_counts(codes, people)
        chosen, done, settled = _vote(codes, weight), 0, False
        while done < self.iterations and not settled:
            votes = _vote(codes, weight)
            _put_gold(votes, known)
            agrees, heard = _agreement(codes, votes, weight * self.leave_out_own, known[0])
            right, met = _per_person(codes, agrees, heard, past)
            agreement = _lean(right, met, self.strength)
            before, weight = weight, self._weigh(agreement, k)
            settled = bool(np.abs(weight - before).max(initial=0.0) <= _ALIKE)
            done += 1
        chosen = _vote(codes, weight)
        shares = self._shares(chosen)
        _put_gold(shares, known)
        found = _Voted(shares, np.arange(k), shares.sum(axis=0), 0.0, done, settled)
        name = f"weighted-majority-{self.weights}"
        error = beta_error(agreement, met + self.strength)
        even = shares.sum(axis=0) / max(n, 1)
        warnings = inspect(group(codes), codes.workers)
        return people_fit(codes, found, name, even, (agreement, error), warnings)

    def _weigh(self, agreement: Floats, classes: int) -> Floats:
        if self.weights == "agreement":
            return agreement
        inner = np.clip(agreement, 1e-6, 1.0 - 1e-6)
        odds: Floats = np.log(inner * max(classes - 1, 1) / (1.0 - inner))
        return odds

    def _shares(self, votes: Floats) -> Floats:
        if votes.size == 0:
            return np.ones_like(votes)
        if self.weights == "log-odds":
            shares = np.exp(votes - votes.max(axis=1, keepdims=True))
        else:
            shares = np.maximum(votes, 0.0)
            shares[shares.sum(axis=1) <= 0.0] = 1.0
        normal: Floats = shares / shares.sum(axis=1, keepdims=True)
        return normal


def _vote(codes: AnswerCodes, weight: Floats) -> Floats:
    n, k = len(codes.tasks), len(codes.classes)
    cells = np.bincount(codes.task * k + codes.label, weight[codes.worker], minlength=n * k)
    return cells.reshape(n, k).astype(np.float64)


def _put_gold(votes: Floats, known: tuple[Codes, Codes]) -> None:
    votes[known[0]] = 0.0
    votes[known[0], known[1]] = 1.0


def _agreement(
    codes: AnswerCodes, votes: Floats, own: Floats, gold_tasks: Codes
) -> tuple[Floats, NDArray[np.bool_]]:
    """Say per answer how far the others' vote chose it (a tie is half), and if there were others.

    Against a gold answer nobody's own vote counts.
    """
    if not len(codes) or votes.shape[1] < 2:
        return np.ones(len(codes)), np.ones(len(codes), dtype=bool)
    taken = own[codes.worker]
    taken[np.isin(codes.task, gold_tasks)] = 0.0
    mine = votes[codes.task, codes.label] - taken
    top = np.partition(votes, -2, axis=1)
    first, second = top[codes.task, -1], top[codes.task, -2]
    best = votes.argmax(axis=1)
    rival = np.where(best[codes.task] == codes.label, second, first)
    heard = (np.abs(mine) > _ALIKE) | (np.abs(rival) > _ALIKE)
    agrees = np.where(mine > rival + _ALIKE, 1.0, np.where(mine < rival - _ALIKE, 0.0, 0.5))
    return agrees, heard


def _per_person(
    codes: AnswerCodes, agrees: Floats, heard: NDArray[np.bool_], past: Floats | None
) -> tuple[Floats, Floats]:
    m = len(codes.workers)
    right = np.bincount(codes.worker, weights=agrees * heard, minlength=m)
    met = np.bincount(codes.worker, weights=heard, minlength=m)
    if past is not None:
        right = right + np.diagonal(past, axis1=1, axis2=2).sum(axis=1)
        met = met + past.sum(axis=(1, 2))
    return right.astype(np.float64), met.astype(np.float64)


def _lean(right: Floats, met: Floats, strength: float) -> Floats:
    """Lean on the crowd's agreement, itself a little on what people are worth elsewhere."""
    crowd = (right.sum() + _CROWD * _USUAL) / (met.sum() + _CROWD)
    leaned: Floats = (right + strength * crowd) / np.maximum(met + strength, _ALIKE)
    return leaned
