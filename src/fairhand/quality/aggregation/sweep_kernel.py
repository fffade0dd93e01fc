"""The compiled sweep: posteriors of a stretch of tasks, and the counts they imply."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.compiled import kernel


@kernel
def sweep_tasks(  # noqa: C901  # one loop nest; a call inside would not be compiled
    starts: NDArray[np.int64],
    cell: NDArray[np.int64],
    log_tables: Floats,
    log_shares: Floats,
    offset: Floats,
    posterior: Floats,
    counts: Floats,
    start: int,
    stop: int,
) -> tuple[float, float]:
    """Sweep tasks `start` to `stop`; give their log evidence and the largest change.

    `offset` has no rows where nothing else is known. `posterior` and `counts` change in place.
    """
    states = log_shares.shape[0]
    weight = np.empty(states)
    log_likelihood = 0.0
    change = 0.0
    for task in range(start, stop):
        for state in range(states):
            weight[state] = log_shares[state]
            if offset.shape[0]:
                weight[state] += offset[task, state]
        for place in range(starts[task], starts[task + 1]):
            row = cell[place]
            for state in range(states):
                weight[state] += log_tables[row, state]
        peak = weight[0]
        for state in range(1, states):
            peak = max(peak, weight[state])
        mass = 0.0
        for state in range(states):
            weight[state] = math.exp(weight[state] - peak)
            mass += weight[state]
        log_likelihood += peak + math.log(mass)
        for state in range(states):
            belief = weight[state] / mass
            change = max(change, abs(belief - posterior[task, state]))
            posterior[task, state] = belief
            weight[state] = belief
        for place in range(starts[task], starts[task + 1]):
            row = cell[place]
            for state in range(states):
                counts[row, state] += weight[state]
    return log_likelihood, change
