"""One engine under every model of people: expectation maximisation over hidden states.

A task is in one hidden state; each state belongs to a class (a model may give a class several:
easy and hard, or kinds of correlated mistakes). A person answers by a table P(answer | state).
The sweep over all answers is the same for every model: tables in, posteriors and expected counts
out. What makes a model is how counts become tables; see `Family`.

Small work runs in NumPy at once. From a hundred thousand answers on a compiled sweep shares the
work among threads; both give the same result to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.people_fit import by_class
from fairhand.quality.aggregation.sweep_kernel import sweep_of
from fairhand.quality.compiled import in_threads, threads

COMPILED_FROM = 100_000
"""Answers from which the compiled sweep is worth its start."""

MAX_CELLS = 250_000_000


@dataclass(frozen=True, slots=True)
class Grouped:
    """Answers task by task: those of task i lie at `starts[i]:starts[i + 1]` of `cell`.

    A cell is `worker * classes + label`, the row of a table.
    """

    starts: NDArray[np.int64]
    cell: NDArray[np.int32] | NDArray[np.int64]
    workers: int
    classes: int

    @property
    def tasks(self) -> int:
        """How many tasks there are, answered or not."""
        return len(self.starts) - 1


@dataclass(frozen=True, slots=True)
class Learned:
    """What one M-step gives: log tables (workers x classes given x states), log shares (states).

    `log_prior` is the log density of the priors at these parameters, up to a constant. Where
    `tables` holds the chances themselves, `log_tables` may be empty: see `QuickFamily`.
    """

    log_tables: Floats
    log_shares: Floats
    log_prior: float = 0.0
    tables: Floats | None = None

    def logs(self) -> Floats:
        """Give the log tables, from the tables where need be."""
        if self.tables is None:
            return self.log_tables
        found: Floats = np.log(self.tables)
        return found


class Family(Protocol):
    """A model of people: its hidden states, where it starts, and what counts teach it."""

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        ...

    def states(self, classes: int) -> Codes:
        """Give the class of each hidden state."""
        ...

    def start(self, workers: int, classes: int) -> Learned:
        """Give the tables believed before anybody has answered."""
        ...

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Turn expected counts (workers x classes given x states) into tables."""
        ...


@runtime_checkable
class QuickFamily(Protocol):
    """A family that can leave out the logarithms between sweeps, a third of the work of many."""

    def learn_tables(self, counts: Floats, state_counts: Floats) -> Learned:
        """Learn as `learn` does; give `tables` and leave `log_tables` empty."""
        ...


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one look at all answers gives, apart from the posteriors written in place."""

    counts: Floats
    log_likelihood: float
    change: float


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: `posterior` is tasks x states, `counts` workers x classes given x states."""

    posterior: Floats
    state_class: Codes
    learned: Learned
    counts: Floats
    state_counts: Floats
    log_likelihood: float
    iterations: int
    converged: bool

    def class_probabilities(self, classes: int) -> Floats:
        """Sum the states of each class, tasks x classes."""
        return by_class(self.posterior, self.state_class, classes)


def group(codes: AnswerCodes) -> Grouped:
    """Put answers task by task; the order inside a task does not matter."""
    classes = len(codes.classes)
    starts = np.zeros(len(codes.tasks) + 1, dtype=np.int64)
    np.cumsum(np.bincount(codes.task, minlength=len(codes.tasks)), out=starts[1:])
    cell: NDArray[np.intp] = codes.worker * classes
    cell += codes.label
    if len(codes) and not bool((codes.task[1:] >= codes.task[:-1]).all()):
        cell = cell[np.argsort(codes.task, kind="stable")]
    # Half the width where it fits: the sweep reads this column twice each time.
    fits = len(codes.workers) * classes <= np.iinfo(np.int32).max
    whole = cell.astype(np.int32) if fits else cell.astype(np.int64, copy=False)
    return Grouped(starts, whole, len(codes.workers), classes)


def run(
    grouped: Grouped,
    family: Family,
    *,
    offset: Floats | None = None,
    max_iterations: int = 100,
    tolerance: float = 1e-5,
) -> Run:
    """Learn tables and posteriors until no posterior moves by more than `tolerance`.

    `offset` (tasks x states) is added to each task's log weights: what else is known of it, such
    as a classifier's log probabilities, or minus infinity where a gold answer rules a state out.
    Raises ValueError when the tables would not fit in memory.
    """
    state_class = family.states(grouped.classes)
    check_size(grouped.workers, grouped.classes, len(state_class))
    learned = family.start(grouped.workers, grouped.classes)
    posterior = np.zeros((grouped.tasks, len(state_class)))
    swept = sweep(grouped, learned, posterior, offset)
    iterations, converged = 0, False
    learn = family.learn_tables if isinstance(family, QuickFamily) else family.learn
    while iterations < max_iterations and not converged:
        learned = learn(swept.counts, state_sums(posterior))
        swept = sweep(grouped, learned, posterior, offset)
        iterations += 1
        converged = swept.change <= tolerance
    state_counts = state_sums(posterior)
    return Run(
        posterior=posterior,
        state_class=state_class,
        learned=family.learn(swept.counts, state_counts),
        counts=swept.counts,
        state_counts=state_counts,
        log_likelihood=swept.log_likelihood,
        iterations=iterations,
        converged=converged,
    )


def state_sums(posterior: Floats) -> Floats:
    """Sum over tasks; ten times as fast as `sum(axis=0)` on rows of a few numbers."""
    found: Floats = np.einsum("ts->s", posterior)
    return found


def check_size(workers: int, classes: int, states: int) -> None:
    """Raise ValueError when a table for everybody would be too large."""
    if workers * classes * states > MAX_CELLS:
        raise ValueError(
            f"{workers} people x {classes} classes x {states} states is too large for tables; "
            "are these free answers rather than classes?"
        )


def sweep(
    grouped: Grouped, learned: Learned, posterior: Floats, offset: Floats | None = None
) -> Sweep:
    """Write each task's posterior in place; give expected counts, evidence, largest change."""
    states = posterior.shape[1]
    small = len(grouped.cell) < COMPILED_FROM
    swept = (_sweep_small if small else _sweep_large)(grouped, learned, posterior, offset)
    shape = (grouped.workers, grouped.classes, states)
    return Sweep(swept.counts.reshape(shape), swept.log_likelihood, swept.change)


def _sweep_small(
    grouped: Grouped, learned: Learned, posterior: Floats, offset: Floats | None
) -> Sweep:
    tasks, states = posterior.shape
    flat = learned.logs().reshape(grouped.workers * grouped.classes, states)
    task = np.repeat(np.arange(tasks), np.diff(grouped.starts))
    joint = np.empty_like(posterior)
    for state in range(states):
        evidence = flat[grouped.cell, state]
        joint[:, state] = np.bincount(task, weights=evidence, minlength=tasks)
    joint += learned.log_shares
    if offset is not None:
        joint += offset
    if not joint.size:
        return Sweep(np.zeros_like(flat), 0.0, 0.0)
    peak = joint.max(axis=1, keepdims=True)
    weights = np.exp(joint - peak)
    mass = weights.sum(axis=1, keepdims=True)
    weights /= mass
    change = float(np.abs(weights - posterior).max(initial=0.0))
    posterior[:] = weights
    counts = np.empty_like(flat)
    for state in range(states):
        belief = posterior[task, state]
        counts[:, state] = np.bincount(grouped.cell, weights=belief, minlength=len(flat))
    return Sweep(counts, float((np.log(mass) + peak).sum()), change)


def _sweep_large(
    grouped: Grouped, learned: Learned, posterior: Floats, offset: Floats | None
) -> Sweep:
    states = posterior.shape[1]
    known = np.zeros((0, states)) if offset is None else offset
    log_shares, kernel = np.ascontiguousarray(learned.log_shares), sweep_of(states)
    if learned.tables is None:
        flat = np.ascontiguousarray(learned.log_tables).reshape(-1, states)
        tables = np.exp(flat)
    else:
        flat = np.zeros((0, states))
        tables = np.ascontiguousarray(learned.tables).reshape(-1, states)

    def stretch(start: int, stop: int) -> Sweep:
        counts = np.zeros_like(tables)
        log_likelihood, change = kernel(
            grouped.starts, grouped.cell, tables, flat, log_shares, known, posterior, counts,
            start, stop,
        )  # fmt: skip
        return Sweep(counts, log_likelihood, change)

    found = in_threads(stretch, task_edges(grouped))
    counts = found[0].counts
    for other in found[1:]:
        counts += other.counts
    return Sweep(counts, sum(one.log_likelihood for one in found), max(o.change for o in found))


def task_edges(grouped: Grouped) -> list[int]:
    """Cut the tasks into stretches with about as many answers each."""
    shares = np.linspace(0, len(grouped.cell), threads() + 1)
    edges = np.searchsorted(grouped.starts, shares)
    edges[0], edges[-1] = 0, grouped.tasks
    return list(map(int, edges))
