"""Cohen's kappa of two people, and its mean over all pairs of people.

J. Cohen: A coefficient of agreement for nominal scales (1960); Weighted kappa (1968). The mean over
pairs is R. J. Light's (1971). The interval is normal, from each task's influence on the figure:
for two people the variance of Fleiss, Cohen and Everitt (1969); for more, tasks and not pairs are
taken as independent, as one task is judged by many pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Literal

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats

Weights = Literal["nominal", "linear", "quadratic"]

_MOST_COMPARISONS = 200_000_000
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class PairKappas:
    """Kappa of each pair of people who share enough tasks, and what the mean of them is.

    `people` (pairs x 2, worker codes), `shared` tasks and `kappa` have one entry per pair;
    `left_out` counts the pairs with too few tasks, or with one label only.
    """

    people: Codes
    shared: Codes
    kappa: Floats
    left_out: int
    mean: float | None
    low: float | None
    high: float | None


def pair_kappas(
    codes: AnswerCodes, *, weights: Weights = "nominal", least_shared: int = 5
) -> PairKappas:
    """Measure each pair of people, and the mean over pairs.

    A person's first answer to a task counts. `linear` and `quadratic` weights take
    `codes.classes` as grades in order. Raises ValueError for over 200 million comparisons.
    """
    task, one, other, a, b = _comparisons(codes)
    pairs, pair = np.unique(one * max(len(codes.workers), 1) + other, return_inverse=True)
    shared = np.bincount(pair, minlength=len(pairs))
    cost = _cost(len(codes.classes), weights)
    kappa, influence = _kappas(pair, a, b, shared, cost)
    kept = (shared >= least_shared) & ~np.isnan(kappa)
    mean, low, high = _mean(kappa, kept, np.where(kept[pair], influence / shared[pair], 0.0), task)
    people = np.column_stack(np.divmod(pairs, max(len(codes.workers), 1)))
    return PairKappas(people[kept], shared[kept], kappa[kept], int((~kept).sum()), mean, low, high)


def _comparisons(codes: AnswerCodes) -> tuple[Codes, Codes, Codes, Codes, Codes]:
    """Task, both people (the lower code first) and both labels of every two answers to a task."""
    keys = codes.task * max(len(codes.workers), 1) + codes.worker
    _, first = np.unique(keys, return_index=True)
    task, worker, label = codes.task[first], codes.worker[first], codes.label[first]
    size = np.bincount(task)
    if (size * (size - 1) // 2).sum() > _MOST_COMPARISONS:
        raise ValueError("too many pairs of answers for Cohen's kappa; use metric='nominal'")
    left = []
    for step in count(1):
        here = np.flatnonzero(task[step:] == task[:-step]) if step < len(task) else task[:0]
        if len(here) == 0:
            break
        left.append(np.column_stack([here, here + step]))
    rows = np.concatenate(left) if left else np.zeros((0, 2), np.intp)
    one, other = rows.T
    return task[one], worker[one], worker[other], label[one], label[other]


def _cost(classes: int, weights: Weights) -> Floats:
    steps = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))).astype(np.float64)
    return {"nominal": np.minimum(steps, 1.0), "linear": steps, "quadratic": steps**2}[weights]


def _kappas(pair: Codes, a: Codes, b: Codes, shared: Codes, cost: Floats) -> tuple[Floats, Floats]:
    """Kappa of each pair (NaN where undefined), and each comparison's influence on its pair's."""
    pairs, classes = len(shared), len(cost)
    size = np.maximum(shared, 1)[:, np.newaxis]
    first, second = (
        np.bincount(pair * classes + label, minlength=pairs * classes).reshape(pairs, classes)
        / size
        for label in (a, b)
    )
    unlike = np.bincount(pair, cost[a, b], pairs) / size[:, 0]
    chance = ((first @ cost) * second).sum(axis=1)
    known = np.where(chance > 0, chance, np.nan)
    kappa = 1 - unlike / known
    on_chance = (second @ cost)[pair, a] + (first @ cost)[pair, b] - 2 * chance[pair]
    on_unlike = cost[a, b] - unlike[pair]
    influence = -(on_unlike - (1 - kappa)[pair] * on_chance) / known[pair]
    return kappa, influence


def _mean(
    kappa: Floats, kept: np.ndarray[tuple[int], np.dtype[np.bool_]], influence: Floats, task: Codes
) -> tuple[float | None, float | None, float | None]:
    if not kept.any():
        return None, None, None
    mean = float(kappa[kept].mean())
    per_task = np.bincount(task, influence) / kept.sum()
    reach = _Z * float(np.sqrt((per_task**2).sum()))
    return mean, max(mean - reach, -1.0), min(mean + reach, 1.0)
