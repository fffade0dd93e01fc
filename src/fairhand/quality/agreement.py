"""Agreement between people beyond chance, with an interval.

K. Krippendorff: Computing Krippendorff's alpha-reliability (2011), for nominal data. The interval
is a bootstrap over tasks: as tasks with the same votes are alike, tasks are drawn by kind of vote
(one multinomial draw per resample), which is the same distribution as drawing them one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Floats, encode
from fairhand.quality.aggregation.majority import vote_counts

RESAMPLES = 1_000

_EXACT = 2.0**53
"""Whole numbers below this are exact as floats."""


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha and its 95 % interval over `tasks` tasks with two answers or more.

    None where it is not defined: nothing was answered twice, or only one label was ever given, so
    that agreement cannot be told from chance.
    """

    value: float | None
    low: float | None
    high: float | None
    tasks: int
    answers: int


def krippendorff_alpha(
    task: Sequence[Any] | NDArray[Any],
    worker: Sequence[Any] | NDArray[Any],
    label: Sequence[Any] | NDArray[Any],
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
) -> Alpha:
    """Measure nominal agreement in answers given as three columns of one length."""
    return alpha_of_codes(encode(task, worker, label), rng, resamples=resamples)


def alpha_of_codes(
    codes: AnswerCodes, rng: np.random.Generator, *, resamples: int = RESAMPLES
) -> Alpha:
    """Measure nominal agreement in answers that are codes already."""
    votes = vote_counts(codes)
    votes = votes[votes.sum(axis=1) >= 2]
    kinds, times = _kinds_of_vote(votes)
    tasks, answers = len(votes), int(votes.sum())
    if tasks == 0:
        return Alpha(None, None, None, 0, 0)
    value = _alphas(kinds, times[np.newaxis, :].astype(np.float64))[0]
    draws = rng.multinomial(tasks, times / tasks, size=resamples).astype(np.float64)
    resampled = _alphas(kinds, draws)
    resampled = resampled[~np.isnan(resampled)]
    if np.isnan(value) or resampled.size == 0:
        return Alpha(None, None, None, tasks, answers)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Alpha(float(value), float(low), float(high), tasks, answers)


def _kinds_of_vote(votes: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Give the distinct rows of votes and how often each occurs."""
    base = votes.max(initial=0.0) + 1.0
    if base ** votes.shape[1] >= _EXACT:
        return np.unique(votes, axis=0, return_counts=True)
    keys = votes @ (base ** np.arange(votes.shape[1]))
    _, first, times = np.unique(keys, return_index=True, return_counts=True)
    return votes[first], times


def _alphas(kinds: Floats, times: Floats) -> Floats:
    """Alpha of each row of `times`, which says how often each kind of vote occurs."""
    size = kinds.sum(axis=1)
    unlike = (size**2 - (kinds**2).sum(axis=1)) / (size - 1)
    observed = times @ unlike
    per_class = times @ kinds
    pairable = per_class.sum(axis=1)
    expected = (pairable**2 - (per_class**2).sum(axis=1)) / (pairable - 1)
    ratio = np.full_like(observed, np.nan)
    np.divide(observed, expected, out=ratio, where=expected > 0)
    alphas: Floats = 1.0 - ratio
    return alphas
