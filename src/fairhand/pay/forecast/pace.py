"""How long people take for an answer: what is known, what is not, and how people differ.

The log of an answer's time is a grand mean + a person + the answer (random effects; B. Efron,
C. Morris 1975 for the shrinkage of people to the mean). The owner's guess is a prior that a few
people's answers outweigh. Means of skewed times need more than exp(mean of logs): the smearing
factor of N. Duan (1983), leaning on the log-normal's while answers are few. Times in ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

GUESS_SPREAD = 0.5
"""How far an owner's guess is off, as the standard deviation of its log: mostly within 65 %."""

_BETWEEN, _BETWEEN_DF = 0.4, 4.0
_WITHIN, _WITHIN_DF = 0.65, 5.0
_PACE_CHANGE = 0.08
_ACTIVITY_KNOWN, _ACTIVITY_NEW = 0.5, 0.9
_SMEARED_FROM = 100.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What was measured, by person: answers, mean log ms; and over all: the spread within.

    `smear` is the mean of exp(residual). `guess_ms` is the owner's own guess for an answer.
    """

    guess_ms: float
    answers: Floats
    means: Floats
    within: float = _WITHIN**2
    smear: float = 1.0

    @property
    def total(self) -> float:
        """All measured answers."""
        return float(self.answers.sum())


@dataclass(frozen=True, slots=True)
class Paces:
    """Futures (rows) by people (columns): mean ms an answer takes, and each one's share of answers.

    `spread` is the variance of logs within a person, per future.
    """

    ms: Floats
    share: Floats
    spread: Floats


def measure_pace(
    guess_ms: float,
    person: Sequence[int] | NDArray[np.int64],
    ms: Sequence[int] | NDArray[np.int64],
) -> tuple[Pace, NDArray[np.int64]]:
    """Sum measured answers up by person, the most active first; gives the people in that order."""
    who, at, counts = np.unique(
        np.asarray(person, dtype=np.int64), return_inverse=True, return_counts=True
    )
    if not len(who):
        return Pace(guess_ms, np.zeros(0), np.zeros(0)), who
    order = np.argsort(-counts, kind="stable")
    who, counts, at = who[order], counts[order], np.argsort(order)[at]
    logs = np.log(np.maximum(np.asarray(ms, dtype=np.float64), 1.0))
    means = np.bincount(at, logs) / counts
    rest = logs - means[at]
    free = len(logs) - len(who)
    within = (_WITHIN_DF * _WITHIN**2 + float((rest**2).sum())) / (_WITHIN_DF + free)
    # A residual from a mean of few answers is too small: grown to what it is about the true mean.
    grown = rest * np.sqrt(counts[at] / np.maximum(counts[at] - 1, 1))
    smear = float(np.exp(grown).mean()) if free else float(np.exp(within / 2))
    return Pace(guess_ms, counts.astype(np.float64), means, within, smear), who


def more_measured(pace: Pace, answers: float) -> Pace:
    """Imagine some more answers like those so far, for what they would do to the doubt."""
    if not len(pace.answers):
        people = 5
        means = np.log(pace.guess_ms) + _BETWEEN * ndtri((np.arange(people) + 0.5) / people)
        return Pace(pace.guess_ms, np.full(people, answers / people), means, pace.within,
                    float(np.exp(pace.within / 2)))  # fmt: skip
    grown = pace.answers * (1 + answers / pace.total)
    return Pace(pace.guess_ms, grown, pace.means, pace.within, pace.smear)


def draw_paces(pace: Pace, people: int, futures: int, rng: np.random.Generator) -> Paces:
    """Draw how quick and how active `people` will be, the known ones first, in many futures."""
    known = min(len(pace.answers), people)
    within = _variance(rng, _WITHIN_DF + max(0.0, pace.total - len(pace.answers)), pace.within,
                       futures)  # fmt: skip
    between = _variance(rng, *_between(pace), futures)
    centre, doubt = _grand_mean(pace, within, between)
    mu = centre + np.sqrt(doubt) * rng.standard_normal(futures)
    effects = np.sqrt(between)[:, None] * rng.standard_normal((futures, people))
    if known:
        mean, var = _person_effects(pace, known, mu, within, between)
        effects[:, :known] = mean + np.sqrt(var) * rng.standard_normal((futures, known))
    change = _PACE_CHANGE * rng.standard_normal(futures)
    level = (mu + np.log(_smear(pace, within)) + change)[:, None]
    activity = rng.standard_normal((futures, people))
    return Paces(np.exp(level + effects), _shares(pace, known, effects, activity), within)


def middle_paces(pace: Pace, people: int) -> Paces:
    """Give one future in the middle of all: people spread evenly about it."""
    known = min(len(pace.answers), people)
    within, between = np.array([pace.within]), np.array([_between(pace)[1]])
    mu, _ = _grand_mean(pace, within, between)
    new = people - known
    effects = (
        np.sqrt(between)[:, None]
        * np.r_[np.zeros(known), ndtri((np.arange(new) + 0.5) / max(1, new))]
    )
    if known:
        effects[:, :known], _ = _person_effects(pace, known, mu, within, between)
    level = (mu + np.log(_smear(pace, within)))[:, None]
    quiet = np.zeros((1, people))
    return Paces(np.exp(level + effects), _shares(pace, known, effects, quiet), within)


def _between(pace: Pace) -> tuple[float, float]:
    """Give degrees of freedom and the variance of people about the mean, by moments."""
    people = len(pace.answers)
    if people < 2:
        return _BETWEEN_DF, _BETWEEN**2
    own = pace.within / pace.answers
    seen = max(0.0, float(pace.means.var(ddof=1) - own.mean()))
    freedom = _BETWEEN_DF + people - 1
    return freedom, (_BETWEEN_DF * _BETWEEN**2 + (people - 1) * seen) / freedom


def _grand_mean(pace: Pace, within: Floats, between: Floats) -> tuple[Floats, Floats]:
    """Give the mean of logs and its variance: the owner's guess and each person's mean, weighed."""
    precision = np.full(len(within), GUESS_SPREAD**-2)
    total = precision * np.log(pace.guess_ms)
    if len(pace.answers):
        each = 1.0 / (between[:, None] + within[:, None] / pace.answers)
        precision, total = precision + each.sum(axis=1), total + each @ pace.means
    return total / precision, 1.0 / precision


def _person_effects(
    pace: Pace, known: int, mu: Floats, within: Floats, between: Floats
) -> tuple[Floats, Floats]:
    """Give mean and variance of the known people's effects: shrunk the more, the fewer answers."""
    own = within[:, None] / pace.answers[:known]
    kept = between[:, None] / (between[:, None] + own)
    return kept * (pace.means[:known] - mu[:, None]), kept * own


def _smear(pace: Pace, within: Floats) -> Floats:
    """Give mean time over median time, within a person."""
    trust = pace.total / (pace.total + _SMEARED_FROM)
    usual = np.exp(within / 2)
    if not pace.total:
        return usual
    smeared: Floats = usual * (pace.smear / np.exp(pace.within / 2)) ** trust
    return smeared


def _shares(pace: Pace, known: int, effects: Floats, activity: Floats) -> Floats:
    """Share the answers out: known people go on as before, new ones give as many hours."""
    weights = np.exp(_ACTIVITY_NEW * activity - effects)
    if known:
        usual = pace.answers[:known] + pace.answers.mean()
        weights[:, :known] = usual / usual.mean() * np.exp(_ACTIVITY_KNOWN * activity[:, :known])
    shares: Floats = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _variance(rng: np.random.Generator, freedom: float, value: float, futures: int) -> Floats:
    """Draw a variance that is known by so many degrees of freedom (scaled inverse chi-square)."""
    drawn: Floats = freedom * value / rng.chisquare(freedom, futures)
    return drawn
