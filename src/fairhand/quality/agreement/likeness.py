"""How alike the answers of two people are on average, by a measure that their kind brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from fairhand.quality.agreement.result import Agreement, bounded
from fairhand.quality.agreement.sums import resampled

SEED = 20111103
"""Of the bootstrap where the caller brings no generator."""

MOST_PAIRS = 100
"""Pairs of people that are compared for one task; beyond that the first ones are."""

_FEW_TASKS = 30


def mean_likeness(
    tasks: Iterable[Sequence[Any]],
    likeness: Callable[[Any, Any], float],
    *,
    measure: str = "likeness",
    rng: np.random.Generator | None = None,
    resamples: int = 1_000,
) -> Agreement:
    """Mean likeness (0 to 1) of two people's answers, with a 95 % bootstrap interval over tasks.

    `tasks` holds, per task, one answer a person. A task's figure is the mean over its pairs, so
    that each task counts the same. Likeness is not corrected for chance.
    """
    found, people, alone, answers = [], 0, 0, 0
    for given in tasks:
        people = max(people, len(given))
        if len(given) < 2:
            alone += 1
            continue
        answers += len(given)
        pairs = list(combinations(given, 2))[:MOST_PAIRS]
        found.append(float(np.mean([likeness(one, other) for one, other in pairs])))
    notes = [f"{alone} tasks have one answer only and say nothing about agreement"] if alone else []
    if not found:
        notes.append("no task has two answers: there is nothing to compare")
        return Agreement(measure, None, None, None, 0, 0, people, tuple(notes))
    if len(found) < _FEW_TASKS:
        notes.append(f"only {len(found)} tasks have two answers: the interval is rough")
    rows = np.column_stack([found, np.ones(len(found))])
    sums = resampled(rows, rng or np.random.default_rng(SEED), resamples)
    figures = bounded(sums[:, 0] / sums[:, 1])
    return Agreement(measure, *figures, len(found), answers, people, tuple(notes))
