"""The compiled sweep of models that ask only whether an answer is right."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.compiled import kernel


@kernel
def sweep_matches(  # noqa: C901  # one loop nest; a call inside would not be compiled
    starts: NDArray[np.int64],
    cell: NDArray[np.int64],
    classes: int,
    divisor: int,
    lift: Floats,
    miss: Floats,
    log_shares: Floats,
    offset: Floats,
    posterior: Floats,
    tally: Floats,
    start: int,
    stop: int,
) -> tuple[float, float]:
    """Sweep tasks `start` to `stop`; give their log evidence and the largest change.

    A person's row of `lift`, `miss` and `tally` is `cell // divisor`: one for a person, or one
    for each label of theirs. `posterior` and `tally` (rows x levels x 2) change in place.
    """
    states = log_shares.shape[0]
    levels = miss.shape[1]
    weight = np.empty(states)
    base = np.empty(levels)
    log_likelihood = 0.0
    change = 0.0
    for task in range(start, stop):
        for state in range(states):
            weight[state] = log_shares[state]
            if offset.shape[0]:
                weight[state] += offset[task, state]
        base[:] = 0.0
        for place in range(starts[task], starts[task + 1]):
            row = cell[place] // divisor
            first = (cell[place] % classes) * levels
            for level in range(levels):
                base[level] += miss[row, level]
                weight[first + level] += lift[row, level]
        peak = -np.inf
        for state in range(states):
            weight[state] += base[state % levels]
            peak = max(peak, weight[state])
        mass = 0.0
        for state in range(states):
            weight[state] = math.exp(weight[state] - peak)
            mass += weight[state]
        log_likelihood += peak + math.log(mass)
        base[:] = 0.0
        for state in range(states):
            belief = weight[state] / mass
            change = max(change, abs(belief - posterior[task, state]))
            posterior[task, state] = belief
            weight[state] = belief
            base[state % levels] += belief
        for place in range(starts[task], starts[task + 1]):
            row = cell[place] // divisor
            first = (cell[place] % classes) * levels
            for level in range(levels):
                tally[row, level, 0] += weight[first + level]
                tally[row, level, 1] += base[level]
    return log_likelihood, change
