"""People in layers: the crowd's habits, a person's skill, a person's own confusion matrix.

Each layer is the prior of the next (A. Gelman, J. Hill: Data analysis using regression and
multilevel models, 2006, chapter 11). The crowd has one table P(answer | state). A person's skill
shifts the log odds of being right in every state by one number, drawn from a normal distribution
(the person effect of G. Rasch 1960). Their own rows are Dirichlet around that table. A layer may
be left out: no skill and rows of precision 3 is shrunk Dawid-Skene, skill alone is a one-coin
model that knows the crowd's mix-ups. How far people differ is learned from the answers
(`learn_spread`).

What keeps a class from being taken for another (label switching) is the crowd: in every state the
class it belongs to is at least as frequent an answer of the crowd's as any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.aggregation.engine import Learned

CROWD_ANSWERS = 3.0
"""The strength of the mild belief that people are better than chance, in answers a state."""

EVEN_TASKS = 20.0
"""The strength of the mild belief that classes are alike frequent, in tasks over all states."""

_ALIKE = 300.0
_NEWTON_STEPS = 6
_FIXED_POINT_STEPS = 25
_FARTHEST = 8.0
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Layered:
    """A family of the engine: `kinds` states a class, each begun at an accuracy of its own.

    `skill` is the variance of the skills in log odds, `tables` the precision of people's own rows
    in answers; None leaves the layer out. `begin` continues an earlier run.
    """

    skill: float | None = 1.0
    tables: float | None = 8.0
    kinds: tuple[float, ...] = (0.7,)
    begin: Learned | None = None

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        return "layered" if len(self.kinds) == 1 else "dependent"

    def states(self, classes: int) -> Codes:
        """`kinds` states a class, class by class."""
        return np.repeat(np.arange(classes), len(self.kinds))

    def start(self, workers: int, classes: int) -> Learned:
        """Everybody is a newcomer, or where the earlier run left off."""
        if self.begin is not None:
            return self.begin
        table = np.log(np.maximum(self._newcomer(classes), _LEAST)).T
        states = table.shape[1]
        shares = np.full(states, -np.log(max(states, 1)))
        return Learned(np.broadcast_to(table, (workers, classes, states)), shares)

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Turn expected counts (workers x classes given x states) into tables."""
        by_state = counts.transpose(0, 2, 1)
        tables = self._centre(by_state)[0]
        if self.tables is not None:
            seen = by_state.sum(axis=2, keepdims=True)
            tables = (by_state + self.tables * tables) / (seen + self.tables)
        shares = state_counts + EVEN_TASKS / max(len(state_counts), 1)
        return Learned(
            np.log(np.maximum(tables, _LEAST)).transpose(0, 2, 1),
            np.log(shares / shares.sum()) if len(shares) else shares,
        )

    def learn_spread(self, counts: Floats) -> Layered:
        """Give the family with the spread of skills and the pull of the crowd that counts show."""
        by_state = counts.transpose(0, 2, 1)
        centre, skill = self._centre(by_state)
        tables = self.tables
        if tables is not None:
            tables = _precision(by_state, centre, tables)
        return replace(self, skill=skill, tables=tables)

    def _newcomer(self, classes: int) -> Floats:
        right = np.array(self.kinds * classes)[:, None]
        own = self.states(classes)[:, None] == np.arange(classes)
        if classes <= 1:
            return np.ones((len(right), classes))
        table: Floats = np.where(own, right, (1.0 - right) / (classes - 1))
        return table

    def _centre(self, by_state: Floats) -> tuple[Floats, float | None]:
        """Give the tables that people's own rows lean on, and the variance of skills found."""
        classes = by_state.shape[2]
        own = self.states(classes)
        crowd = by_state.sum(axis=0) + CROWD_ANSWERS * self._newcomer(classes)
        crowd = keep_meaning(crowd / crowd.sum(axis=1, keepdims=True), own)
        if self.skill is None or classes < 2:
            return np.broadcast_to(crowd, by_state.shape), self.skill
        return _tilt(by_state, crowd, own, self.skill)


def keep_meaning(crowd: Floats, own: Codes) -> Floats:
    """Level the answers that are more frequent in a state (rows) than the state's own class.

    Such answers and the own class share their probability evenly, so that the class a state
    stands for stays among the likeliest. This is the projection onto that order (pool adjacent
    violators).
    """
    crowd = crowd.copy()
    for state, code in enumerate(own.tolist()):
        row = crowd[state]
        others = np.sort(np.delete(row, code))[::-1]
        pooled, level = 1, row[code]
        while pooled <= len(others) and others[pooled - 1] > level:
            level = (level * pooled + others[pooled - 1]) / (pooled + 1)
            pooled += 1
        if pooled > 1:
            row[row > level] = level
            row[code] = level
    return crowd


def _tilt(by_state: Floats, crowd: Floats, own: Codes, spread: float) -> tuple[Floats, float]:
    """Shift each person's log odds of being right by their skill, the most probable one."""
    place = np.arange(len(own))
    usual = np.clip(crowd[place, own], 1e-4, 1.0 - 1e-4)
    odds = np.log(usual / (1.0 - usual))
    right, given = by_state[:, place, own], by_state.sum(axis=2)
    skill = np.zeros((len(by_state), 1))
    for _ in range(_NEWTON_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(odds + skill)))
        slope = (right - given * chance).sum(axis=1, keepdims=True) - skill / spread
        bend = (given * chance * (1.0 - chance)).sum(axis=1, keepdims=True) + 1.0 / spread
        skill = np.clip(skill + np.clip(slope / bend, -2.0, 2.0), -_FARTHEST, _FARTHEST)
    chance = 1.0 / (1.0 + np.exp(-(odds + skill)))
    tables = crowd[None] * ((1.0 - chance) / (1.0 - usual))[:, :, None]
    tables[:, place, own] = chance
    # A step of EM for the variance: squared skill and its own uncertainty.
    found = float((skill**2 + 1.0 / bend).mean()) if len(skill) else spread
    return tables, float(np.clip(found, 1e-3, 25.0))


def _precision(by_state: Floats, centre: Floats, start: float) -> float:
    """Give the precision at which rows of counts are most probable (T. P. Minka 2000)."""
    from scipy.special import digamma  # slow to import, and most models do not need it

    total = by_state.sum(axis=2)
    chosen = np.nonzero(total > 1.0)
    if not len(chosen[0]) or centre.shape[2] < 2:
        return start
    seen, all_seen, mean = by_state[chosen], total[chosen], np.maximum(centre[chosen], _LEAST)
    precision = start
    for _ in range(_FIXED_POINT_STEPS):
        lean = precision * mean
        gained = (mean * (digamma(seen + lean) - digamma(lean))).sum()
        lost = (digamma(all_seen + precision) - digamma(precision)).sum()
        before = precision
        precision = float(np.clip(precision * gained / max(lost, _LEAST), 0.5, _ALIKE))
        if abs(precision - before) < 1e-3 * before:
            break
    return precision
