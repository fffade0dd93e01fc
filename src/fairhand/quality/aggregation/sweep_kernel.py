"""The compiled sweep: posteriors of a stretch of tasks, and the counts they imply.

Chances are multiplied, which costs no logarithm an answer. Where a product would fall out of the
range of a double (a task with hundreds of answers), that one task is done again with logarithms.
For few states the kernel is compiled with their number as a constant: twice as fast.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.compiled import Kernel, kernel

Ints = NDArray[np.int32] | NDArray[np.int64]
Swept = tuple[float, float]

_CONSTANT_UP_TO = 16
_SMALLEST = 1e-280


@kernel
def weigh_by_logs(
    cell: Ints,
    tables: Floats,
    log_tables: Floats,
    log_start: Floats,
    weight: Floats,
    first: int,
    last: int,
) -> float:
    """Fill `weight` with a task's chances, the largest at one; give the log that was taken out.

    `log_tables` may have no rows; then logarithms are taken of the tables.
    """
    weight[:] = log_start
    for place in range(first, last):
        for state in range(len(weight)):
            row = cell[place]
            logged = len(log_tables) > 0
            weight[state] += log_tables[row, state] if logged else math.log(tables[row, state])
    peak = weight.max()
    for state in range(len(weight)):
        weight[state] = math.exp(weight[state] - peak)
    return float(peak)


@lru_cache
def sweep_of(  # noqa: C901  # counts the loops inside
    states: int,
) -> Kernel[[Ints, Ints, Floats, Floats, Floats, Floats, Floats, Floats, int, int], Swept]:
    """Give the kernel that sweeps tasks `start` to `stop`, made for this number of states.

    It gives their log evidence and the largest change. `offset` has no rows where nothing else is
    known. `posterior` and `counts` change in place.
    """
    constant = states if states <= _CONSTANT_UP_TO else 0

    def swept(  # noqa: C901  # one loop nest; a call inside would cost more than the work
        starts: Ints,
        cell: Ints,
        tables: Floats,
        log_tables: Floats,
        log_shares: Floats,
        offset: Floats,
        posterior: Floats,
        counts: Floats,
        start: int,
        stop: int,
    ) -> Swept:
        states = constant or log_shares.shape[0]
        weight, begin, log_begin = np.empty(states), np.exp(log_shares), log_shares.copy()
        log_likelihood, change = 0.0, 0.0
        for task in range(start, stop):
            first, last = starts[task], starts[task + 1]
            if offset.shape[0]:
                for state in range(states):
                    log_begin[state] = log_shares[state] + offset[task, state]
                    begin[state] = math.exp(log_begin[state])
            for state in range(states):
                weight[state] = begin[state]
            for place in range(first, last):
                row = cell[place]
                for state in range(states):
                    weight[state] *= tables[row, state]
            mass = 0.0
            for state in range(states):
                mass += weight[state]
            # Also true for NaN: an infinity may have met a zero.
            if not (_SMALLEST < mass < 1.0 / _SMALLEST):
                log_likelihood += weigh_by_logs(
                    cell, tables, log_tables, log_begin, weight, first, last
                )
                mass = weight.sum()
            log_likelihood += math.log(mass)
            scale = 1.0 / mass
            for state in range(states):
                belief = weight[state] * scale
                change = max(change, abs(belief - posterior[task, state]))
                posterior[task, state] = belief
                weight[state] = belief
            for place in range(first, last):
                row = cell[place]
                for state in range(states):
                    counts[row, state] += weight[state]
        return log_likelihood, change

    return kernel(swept)
