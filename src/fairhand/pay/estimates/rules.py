"""How long a task takes, as people are told before they accept: half less than, nine in ten less.

Before thirty answers are measured the owner's guess is told, with a spread that is usual for the
kind of question. After that the quantiles of the latest answers are told, over people as well as
over answers, so that one quick person does not set what everybody reads. What is told is then held
against what follows: adaptive conformal inference (I. Gibbs, E. Candès: Adaptive conformal
inference under distribution shift, NeurIPS 2021) raises the quantile after misses and lowers it
after hits, so that nine in ten comes true although people learn, tasks change and crowds differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from fairhand.core.systems import automated

Basis = Literal["kind", "measured"]
Floats = NDArray[np.float64]

MEASURED_FROM = 30
"""Answers from which on the measured times are told."""

WINDOW = 1_000
"""How many of the latest answers are looked at."""

MOST_EACH = 50
"""Answers of one person that weigh as much as they are many; more weigh no more."""

MOST_SCORED = 10
"""The latest answers of one person that an estimate is scored by, at most."""

SPREADS: Mapping[str, float] = {
    "choice": 2.5,
    "rating": 2.5,
    "relevance": 2.5,
    "pairwise": 2.5,
    "ranking": 3.0,
    "mask": 3.5,
    "boxes": 3.5,
    "polygons": 3.5,
}
"""p90 as a multiple of p50 before anything is measured, by kind of question.

Of log-normal times p90 / p50 = exp(1.2816 s): 2.5 is s = 0.71 (people 0.4, tasks 0.6), 3.5 is
s = 0.98 (people 0.4, tasks 0.9). Defaults of ours, replaced by measurement after thirty answers.
"""

_OTHER_SPREAD = 3.5
_LEARNT = 0.005
_STEPS_AT_ONCE = 20
_LEVELS = {0.5: (0.3, 0.7), 0.9: (0.75, 0.995)}
_BETWEEN = 0.4
_PRIOR_PEOPLE = 4.0
_SMOOTHED_BY = 30.0
_LARGEST_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Times:
    """Measured answers, oldest first: who gave each and its paid milliseconds."""

    person: NDArray[np.int64]
    ms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ms)


@dataclass(frozen=True, slots=True)
class Told:
    """What people are told: half take less than `p50_ms`, nine in ten less than `p90_ms`.

    `items` counts the answers measured by then.
    """

    p50_ms: int
    p90_ms: int
    items: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class Score:
    """How often an estimate came true: of `scored` answers, how many took less."""

    scored: int
    within_p90: int
    within_p50: int


def by_kind(expected_ms: int, kinds: Sequence[str], items: int = 0) -> Told:
    """Tell the owner's guess, spread as is usual for the widest of the kinds that are asked."""
    spread = max((SPREADS.get(kind, _OTHER_SPREAD) for kind in kinds), default=_OTHER_SPREAD)
    return Told(expected_ms, round(expected_ms * spread), items, "kind")


@automated(
    "pay.estimate",
    title="How long a task takes, as told beforehand",
    effect="tells",
    purpose="Tells what a task takes at the middle and at the ninetieth of a hundred, from what "
    "it took others.",
    reads=("paid time of answers in the project, each person weighing the same",),
    parameters=(
        ("from", MEASURED_FROM, "answers; before, the owner's guess is told"),
        ("window", WINDOW, "the newest answers that count"),
    ),
    oversight="An estimate limits nothing. How often it held is measured and shown.",
)
def measure(times: Times, items: int, history: Sequence[Score]) -> Told:
    """Tell the measured quantiles, corrected by how the estimates before came true.

    `history` holds the scores of the earlier estimates, oldest first. Raises ValueError without
    any answer.
    """
    if not len(times):
        raise ValueError("there are no answers to measure")
    logs, weights = np.log(np.maximum(times.ms, 1).astype(np.float64)), _weights(times.person)
    half = level_of([(one.scored, one.within_p50) for one in history], 0.5)
    most = level_of([(one.scored, one.within_p90) for one in history], 0.9)
    p50, p90 = (_quantile(logs, weights, times.person, level) for level in (half, most))
    p50_ms = min(max(1, round(float(np.exp(p50)))), _LARGEST_MS)
    return Told(p50_ms, min(max(p50_ms, round(float(np.exp(p90)))), _LARGEST_MS), items, "measured")


def level_of(history: Sequence[tuple[int, int]], share: float) -> float:
    """Give the quantile that has to be told for `share` to come true: the conformal correction.

    `history` is (scored, came true) of each estimate, oldest first. Each answer moves the level by
    the step size times (share - came true), as in Gibbs and Candès; many answers under one
    estimate count as twenty at most, and the level stays within bounds.
    """
    low, high = _LEVELS[share]
    level = share
    for scored, came_true in history:
        if scored:
            moved = min(scored, _STEPS_AT_ONCE) * (share - came_true / scored)
            level = min(high, max(low, level + _LEARNT * moved))
    return level


def score(told: Told, times: Times) -> Score:
    """Hold an estimate against the answers that followed it, the latest ten of each person."""
    counted = _latest_each(times.person, MOST_SCORED)
    ms = times.ms[counted]
    return Score(len(ms), int((ms <= told.p90_ms).sum()), int((ms <= told.p50_ms).sum()))


def _latest_each(person: NDArray[np.int64], most: int) -> NDArray[np.bool_]:
    """Mark the last `most` places of each person."""
    order = np.argsort(person[::-1], kind="stable")
    ordered = person[::-1][order]
    starts = np.r_[True, ordered[1:] != ordered[:-1]] if len(ordered) else np.zeros(0, dtype=bool)
    rank = np.arange(len(ordered)) - np.maximum.accumulate(
        np.where(starts, np.arange(len(ordered)), 0)
    )
    marked = np.zeros(len(person), dtype=bool)
    marked[order] = rank < most
    return marked[::-1]


def _weights(person: NDArray[np.int64]) -> Floats:
    """Weigh answers so that a person counts as `MOST_EACH` of them at most; sums to one."""
    _, who, answers = np.unique(person, return_inverse=True, return_counts=True)
    each = np.minimum(answers, MOST_EACH) / answers
    weights: Floats = each[who] / each[who].sum()
    return weights


def _quantile(logs: Floats, weights: Floats, person: NDArray[np.int64], level: float) -> float:
    """Blend the weighted quantile with that of a log-normal; few answers lean on the latter."""
    order = np.argsort(logs, kind="stable")
    reached = np.cumsum(weights[order]) - weights[order] / 2
    seen = float(np.interp(level, reached, logs[order]))
    effective = 1.0 / float((weights**2).sum())
    trust = effective / (effective + _SMOOTHED_BY)
    return trust * seen + (1 - trust) * _log_normal(logs, weights, person, level)


def _log_normal(logs: Floats, weights: Floats, person: NDArray[np.int64], level: float) -> float:
    """Give the quantile for somebody not seen before: people differ, and few were seen."""
    _, who = np.unique(person, return_inverse=True)
    mass = np.bincount(who, weights)
    means = np.bincount(who, weights * logs) / mass
    centre, people = float((weights * logs).sum()), len(mass)
    within = float((weights * (logs - means[who]) ** 2).sum()) * len(logs) / max(
        1, len(logs) - people
    )  # fmt: skip
    apart = float((mass * (means - centre) ** 2).sum()) * people / max(1, people - 1)
    between = (_PRIOR_PEOPLE * _BETWEEN**2 + people * apart) / (_PRIOR_PEOPLE + people)
    spread = np.sqrt(within + between * (1 + 1 / people))
    return centre + float(ndtri(level)) * float(spread)
