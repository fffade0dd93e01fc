"""A person's table on an ordered scale, from few numbers: bias, spread, lapses and a habit.

Somebody who attends reads the truth t with a bias and a spread of their own, x ~ N(t + b, s^2) in
steps of the scale, and answers the nearest class: a cumulative probit as in B. Carpenter's and
others' ordinal versions of Dawid-Skene. Somebody whose attention lapses answers from habit,
whatever is true (the spamming of D. Hovy et al.: Learning whom to trust with MACE, NAACL 2013).
The mixture has few numbers, so that fifty answers teach what a full table learns from thousands.

Around it lie two looser levels: how the crowd as a whole departs from the probit (classes are
seldom evenly spaced), and a Dirichlet prior that lets a person with many answers depart further.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from fairhand.quality.aggregation.codes import Floats

_BIASES = np.array([-3.0, -2.5, -2.0, *np.linspace(-1.5, 1.5, 13), 2.0, 2.5, 3.0])
_SPREADS = np.geomspace(0.25, 2.5, 8)
_TYPICAL_BIAS = 0.7
_SLIP = 1e-3
_IMAGINED = 5.0
_START_LAPSE = 0.2
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class OrdinalPriors:
    """Strengths of the priors, all in answers, but `tasks` in tasks.

    `person`: how firmly a row of a person's table holds to bias, spread, lapses and habit.
    `crowd`: how firmly the crowd's table holds to evenly spaced classes, per cell.
    `habit`: how firmly a person's habit holds to the shares of all answers. `lapse`: how firmly
    a person's share of lapses holds to the crowd's. `decay`: how the start believes errors fall
    with distance, exp(-decay * steps).
    """

    person: float = 10.0
    crowd: float = 30.0
    habit: float = 3.0
    lapse: float = 5.0
    tasks: float = 1.0
    decay: float = 1.2

    def __post_init__(self) -> None:
        if min(self.person, self.crowd, self.habit, self.lapse, self.tasks, self.decay) <= 0.0:
            raise ValueError("the strength of a prior must be above zero")


@dataclass(frozen=True, slots=True)
class OrdinalPeople:
    """Everybody's table P(answer | truth), people x truth x given, and the numbers behind it.

    `bias` (steps of the scale, above zero: answers too high), `spread` (steps) and `lapse` (share
    of answers given from habit) are posterior means; `bias_error` is a standard deviation.
    """

    tables: Floats
    bias: Floats
    bias_error: Floats
    spread: Floats
    lapse: Floats
    habit: Floats


def newcomer_scale(classes: int, decay: float) -> Floats:
    """Give the table assumed before anybody has answered: errors fall off with distance."""
    steps = np.arange(classes)
    table = np.exp(-decay * np.abs(steps[:, None] - steps))
    found: Floats = table / table.sum(axis=1, keepdims=True)
    return found


def ordinal_tables(counts: Floats, priors: OrdinalPriors, *, rounds: int = 8) -> OrdinalPeople:
    """Fit everybody's table to expected counts (people x truth x given).

    Each round splits a person's answers into attended and lapsed ones, and learns both parts; the
    split starts afresh each call, so the same counts always give the same tables.
    """
    mixture = _Mixture(counts, priors)
    for _ in range(rounds):
        mixture.step()
    centre = _crowd_shape(counts, mixture.tables(), priors.crowd)
    leaned = counts + priors.person * centre
    bias, spread, error = mixture.readings()
    tables = leaned / leaned.sum(axis=2, keepdims=True)
    return OrdinalPeople(tables, bias, error, spread, mixture.lapse, mixture.habit)


class _Mixture:
    """Attention and habit of everybody, learned by expectation maximisation."""

    def __init__(self, counts: Floats, priors: OrdinalPriors) -> None:
        self.counts, self.priors = counts, priors
        people, classes, _ = counts.shape
        self.grid = probit_tables(classes)
        self.log_grid = np.log(self.grid).reshape(len(self.grid), -1)
        given = counts.sum(axis=1)
        self.shares = (given.sum(axis=0) + 1.0) / (given.sum() + max(classes, 1))
        self.habit = self._habits(given)
        self.lapse = np.full(people, _START_LAPSE)
        attended = newcomer_scale(classes, priors.decay)
        self.attended = np.broadcast_to(attended, counts.shape)
        usual = np.exp(-0.5 * (grid_biases() / _TYPICAL_BIAS) ** 2)
        self.usual = usual / usual.sum()
        self.log_prior = np.log(self.usual)
        self.weights = np.full((people, len(self.grid)), 1.0 / len(self.grid))

    def step(self) -> None:
        """Split the answers, then learn lapses, habits, and bias with spread on their grid."""
        from_habit = self.lapse[:, None, None] * self.habit[:, None, :]
        lapsed = self.counts * from_habit / (from_habit + self._attending())
        usual = self.priors.lapse * self._mean_lapse()
        total = self.counts.sum(axis=(1, 2)) + self.priors.lapse
        self.lapse = (lapsed.sum(axis=(1, 2)) + usual) / total
        self.habit = self._habits(lapsed.sum(axis=1))
        attended = (self.counts - lapsed).reshape(len(self.counts), -1)
        self._place(attended @ self.log_grid.T + self.log_prior)
        self.attended = (self.weights @ self.grid.reshape(len(self.grid), -1)).reshape(
            self.counts.shape
        )

    def tables(self) -> Floats:
        """Mix attention and habit."""
        mixed: Floats = self._attending() + self.lapse[:, None, None] * self.habit[:, None, :]
        return mixed

    def readings(self) -> tuple[Floats, Floats, Floats]:
        """Give each person's bias and spread, and how sure the bias is."""
        biases, spreads = grid_biases(), grid_spreads()
        bias = self.weights @ biases
        second = self.weights @ biases**2
        return bias, self.weights @ spreads, np.sqrt(np.maximum(second - bias**2, 0.0))

    def _attending(self) -> Floats:
        part: Floats = (1.0 - self.lapse)[:, None, None] * self.attended
        return part

    def _mean_lapse(self) -> float:
        return float(self.lapse.mean()) if len(self.lapse) else _START_LAPSE

    def _habits(self, given: Floats) -> Floats:
        leaned = given + self.priors.habit * self.shares
        found: Floats = leaned / leaned.sum(axis=1, keepdims=True)
        return found

    def _place(self, log_weights: Floats) -> None:
        """Weigh the grid for each person; the crowd's own shape is the prior (empirical Bayes).

        A few imagined people without much bias hold the scale in place where there are few real.
        """
        weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
        self.weights = weights / weights.sum(axis=1, keepdims=True)
        crowd = self.weights.sum(axis=0) + _IMAGINED * self.usual
        self.log_prior = np.log(crowd / crowd.sum())


def _crowd_shape(counts: Floats, tables: Floats, strength: float) -> Floats:
    """Bend everybody's table by how far the crowd's answers depart from what was expected."""
    expected = (counts.sum(axis=2, keepdims=True) * tables).sum(axis=0)
    bend = (counts.sum(axis=0) + strength) / (expected + strength)
    bent = tables * bend
    found: Floats = bent / np.maximum(bent.sum(axis=2, keepdims=True), _TINY)
    return found


def grid_biases() -> Floats:
    """Give the bias of each table of the grid."""
    return np.repeat(_BIASES, len(_SPREADS))


def grid_spreads() -> Floats:
    """Give the spread of each table of the grid."""
    return np.tile(_SPREADS, len(_BIASES))


def probit_tables(classes: int) -> Floats:
    """Give P(given | truth) for each bias and spread of the grid, grid x truth x given."""
    cuts = np.arange(classes - 1) + 0.5 if classes > 1 else np.zeros(0)
    means = np.arange(classes) + grid_biases()[:, None]
    below = ndtr((cuts - means[:, :, None]) / grid_spreads()[:, None, None])
    edge = np.zeros((*means.shape, 1))
    tables = np.diff(np.concatenate([edge, below, edge + 1.0], axis=2), axis=2)
    return (1.0 - _SLIP) * tables + _SLIP / max(classes, 1)
