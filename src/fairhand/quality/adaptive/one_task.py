"""What one more judgement of one task is expected to gain: exact, and quick enough to ask always.

The queue decides task by task, right after each answer. It looks up to a few answers ahead, as a
single one often cannot turn a label where two can (see `value`), and takes the best gain per
judgement. People to come are taken to answer as the crowd does. Exact over every way the answers
may fall between the favourite, the runner-up and all others.
"""

from __future__ import annotations

from functools import lru_cache
from math import lgamma

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Floats

AHEAD = 5
"""Answers looked ahead at most; more rarely pay where five do not."""


def gain_per_judgement(belief: Floats, table: Floats, most: int) -> float:
    """Give the expected rise of the chance to be right per judgement, over the next `most`.

    `belief` are the class probabilities of one task, `table` is P(given | truth) of the crowd.
    """
    if len(belief) < 2 or most < 1:
        return 0.0
    runner_up, favourite = np.argsort(belief, kind="stable")[-2:].tolist()
    pair = belief[[favourite, runner_up]]
    rows = table[[favourite, runner_up]]
    both = rows[:, [favourite, runner_up]]
    other = np.maximum(1.0 - both.sum(axis=1, keepdims=True), 1e-12)
    logs = np.log(np.maximum(np.hstack([both, other]), 1e-12))
    falls, ways, ahead = _falls(min(most, AHEAD))
    joint = pair * np.exp(falls @ logs.T + ways[:, None])
    # Where the answers fall so that the runner-up leads, choosing it gains the difference.
    turned = np.maximum(joint[:, 1] - joint[:, 0], 0.0)
    return float(np.bincount(ahead, weights=turned / ahead).max())


@lru_cache(maxsize=AHEAD)
def _falls(most: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Give every way 1 to `most` answers fall on three labels, log orders, and how many."""
    ways = [
        (first, second, count - first - second)
        for count in range(1, most + 1)
        for first in range(count + 1)
        for second in range(count + 1 - first)
    ]
    orders = [lgamma(sum(way) + 1) - sum(lgamma(one + 1) for one in way) for way in ways]
    counts = np.array([sum(way) for way in ways], dtype=np.int64)
    return np.array(ways, dtype=np.float64), np.array(orders), counts
