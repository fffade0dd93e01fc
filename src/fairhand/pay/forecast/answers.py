"""How many answers the tasks that are left will still take, by how tasks have stopped so far.

The chance to stop after the k-th answer is estimated as hazards are: tasks that stopped there over
tasks that came so far (E. L. Kaplan, P. Meier 1958), each leaning on what a simulation of the
redundancy rule says (a beta prior of ten tasks). Tasks still open count as having come so far and
no further, so that hard tasks, which stay open, are not forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRIOR_TASKS = 10.0
"""Tasks that the simulated rule counts as, beside those measured."""


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Tasks alike: how many, the answers each has, and how many it is to have at the least now."""

    tasks: int
    had: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Stopping:
    """When tasks stop: `assumed` chances by scenario and answers, and counts as measured.

    `assumed[s][k - 1]` is the chance to stop after k answers in scenario s, having come so far;
    the last is 1. `stopped[k - 1]` and `passed[k - 1]` count tasks at that point.
    """

    assumed: tuple[tuple[float, ...], ...]
    stopped: tuple[float, ...]
    passed: tuple[float, ...]


def measure_stops(
    groups: Sequence[TaskGroup], first: int, most: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Count, for each number of answers, the tasks that stopped there and those asked on."""
    stopped, passed = np.zeros(most, dtype=np.int64), np.zeros(most, dtype=np.int64)
    for group in groups:
        if group.had >= group.wanted > 0:  # finished
            stopped[min(group.had, most) - 1] += group.tasks
            passed[first - 1 : min(group.had, most) - 1] += group.tasks
        else:
            passed[first - 1 : min(group.wanted, most) - 1] += group.tasks
    return tuple(stopped.tolist()), tuple(passed.tolist())


def draw_hazards(stopping: Stopping, futures: int, rng: np.random.Generator) -> Floats:
    """Draw the chances to stop in many futures: a scenario each, updated by what was measured."""
    assumed = np.array(stopping.assumed)[rng.integers(0, len(stopping.assumed), futures)]
    for_it = PRIOR_TASKS * assumed + np.array(stopping.stopped)
    against = PRIOR_TASKS * (1.0 - assumed) + np.array(stopping.passed)
    drawn = rng.beta(np.maximum(for_it, 1e-3), np.maximum(against, 1e-3))
    return _ended(drawn)


def middle_hazards(stopping: Stopping) -> Floats:
    """Give the expected chances, as one future."""
    assumed = np.array(stopping.assumed).mean(axis=0)
    for_it = PRIOR_TASKS * assumed + np.array(stopping.stopped)
    against = PRIOR_TASKS * (1.0 - assumed) + np.array(stopping.passed)
    return _ended((for_it / (for_it + against))[None, :])


def answers_left(
    groups: Sequence[TaskGroup], hazards: Floats, rng: np.random.Generator | None
) -> Floats:
    """Give the answers still to come in each future; without dice the expected number."""
    total, variance = np.zeros(len(hazards)), np.zeros(len(hazards))
    for wanted in sorted({group.wanted for group in groups if group.wanted > group.had}):
        mean, var = _beyond(hazards, min(wanted, hazards.shape[1]))
        for group in groups:
            if group.wanted == wanted > group.had:
                total += group.tasks * (mean - group.had)
                variance += group.tasks * var
    if rng is not None:
        total = total + np.sqrt(variance) * rng.standard_normal(len(hazards))
    least = sum(group.tasks * max(0, group.wanted - group.had) for group in groups)
    return np.maximum(total, least)


def _beyond(hazards: Floats, wanted: int) -> tuple[Floats, Floats]:
    """Give mean and variance of a task's answers, having come to `wanted` for sure."""
    chances = hazards[:, wanted - 1 :]
    going = np.cumprod(np.hstack([np.ones((len(chances), 1)), 1.0 - chances[:, :-1]]), axis=1)
    ends = going * chances
    counts = np.arange(wanted, wanted + chances.shape[1], dtype=np.float64)
    mean = ends @ counts
    return mean, np.maximum(ends @ counts**2 - mean**2, 0.0)


def _ended(hazards: Floats) -> Floats:
    """Make sure that every task stops at the most answers allowed."""
    hazards[:, -1] = 1.0
    return hazards
