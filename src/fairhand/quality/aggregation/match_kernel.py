"""The compiled sweep of models that ask only whether an answer is right.

As in `sweep_kernel`: chances are multiplied; a task whose product falls out of the range of a
double is done again with logarithms; few classes and levels are compiled in as constants.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.compiled import Kernel, kernel

Ints = NDArray[np.int32]
Starts = NDArray[np.int64]
Swept = tuple[float, float]

_CONSTANT_UP_TO = 16
_SMALLEST = 1e-280


@kernel
def weigh_by_logs(
    row: Ints,
    label: Ints,
    hit: Floats,
    miss: Floats,
    log_start: Floats,
    weight: Floats,
    first: int,
    last: int,
) -> float:
    """Fill `weight` with a task's chances, the largest at one; give the log that was taken out."""
    levels = miss.shape[1]
    weight[:] = log_start
    for place in range(first, last):
        for state in range(len(weight)):
            level = state % levels
            right = state // levels == label[place]
            weight[state] += hit[row[place], level] if right else miss[row[place], level]
    peak = weight.max()
    for state in range(len(weight)):
        weight[state] = math.exp(weight[state] - peak)
    return float(peak)


@lru_cache
def sweep_matches_of(  # noqa: C901  # counts the loops inside
    classes: int, levels: int
) -> Kernel[
    [Starts, Ints, Ints, Floats, Floats, Floats, Floats, Floats, Floats, Floats, int, int],
    Swept,
]:
    """Give the kernel that sweeps tasks `start` to `stop`, made for this shape.

    It gives their log evidence and the largest change. `chances` (rows x levels x 2) holds how
    much more probable each answer is where it is right than where it is not, and how probable it
    is where it is not; `hit` and `miss` are logs. `posterior` and `tally` (rows x levels x 2:
    right, given) change in place.
    """
    few = classes * levels <= _CONSTANT_UP_TO
    constant, deep = (classes * levels, levels) if few else (0, 0)

    def swept(  # noqa: C901  # one loop nest; a call inside would cost more than the work
        starts: Starts,
        row: Ints,
        label: Ints,
        chances: Floats,
        hit: Floats,
        miss: Floats,
        log_shares: Floats,
        offset: Floats,
        posterior: Floats,
        tally: Floats,
        start: int,
        stop: int,
    ) -> Swept:
        states, levels = constant or log_shares.shape[0], deep or miss.shape[1]
        weight, base = np.empty(states), np.empty(levels)
        begin, log_begin = np.exp(log_shares), log_shares.copy()
        log_likelihood, change = 0.0, 0.0
        for task in range(start, stop):
            first, last = starts[task], starts[task + 1]
            if offset.shape[0]:
                for state in range(states):
                    log_begin[state] = log_shares[state] + offset[task, state]
                    begin[state] = math.exp(log_begin[state])
            for state in range(states):
                weight[state] = begin[state]
            for level in range(levels):
                base[level] = 1.0
            for place in range(first, last):
                who, state = row[place], label[place] * levels
                for level in range(levels):
                    weight[state + level] *= chances[who, level, 0]
                    base[level] *= chances[who, level, 1]
            mass = 0.0
            for state in range(states):
                weight[state] *= base[state % levels]
                mass += weight[state]
            # Also true for NaN: an infinity may have met a zero.
            if not (_SMALLEST < mass < 1.0 / _SMALLEST and base.min() > _SMALLEST):
                log_likelihood += weigh_by_logs(
                    row, label, hit, miss, log_begin, weight, first, last
                )
                mass = weight.sum()
            log_likelihood += math.log(mass)
            scale = 1.0 / mass
            for level in range(levels):
                base[level] = 0.0
            for state in range(states):
                belief = weight[state] * scale
                change = max(change, abs(belief - posterior[task, state]))
                posterior[task, state] = belief
                weight[state] = belief
                base[state % levels] += belief
            for place in range(first, last):
                who, state = row[place], label[place] * levels
                for level in range(levels):
                    tally[who, level, 0] += weight[state + level]
                    tally[who, level, 1] += base[level]
        return log_likelihood, change

    return kernel(swept)
