"""The engine for models that ask only whether an answer is right: no table for anybody.

Where P(answer | state) depends on the state through "is its class the answer?" and through its
level alone (how hard the task is), a person needs a few numbers and not a table: ten million
answers of a million people in a thousand classes fit in memory. State `class * levels + level`
is this class at this level. Same sweep, same result as `engine.run` on the whole tables, which
`tables_of` gives to whoever needs them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.aggregation.engine import (
    COMPILED_FROM,
    MAX_CELLS,
    Grouped,
    Learned,
    state_sums,
    task_edges,
)
from fairhand.quality.aggregation.match_kernel import sweep_matches_of
from fairhand.quality.compiled import in_threads


@dataclass(frozen=True, slots=True)
class Tally:
    """Expected answers (rows x levels): `right` ones, and all `given` ones."""

    right: Floats
    given: Floats

    @property
    def wrong(self) -> Floats:
        """The expected wrong answers; rounding does not take them below zero."""
        wrong: Floats = np.maximum(self.given - self.right, 0.0)
        return wrong

    def plus(self, other: Tally | None) -> Tally:
        """Add earlier answers, where some are known."""
        if other is None:
            return self
        return Tally(self.right + other.right, self.given + other.given)


@dataclass(frozen=True, slots=True)
class Chances:
    """What one M-step gives: log P(answer) where it is right and where it is not, log shares.

    `hit` and `miss` are rows x levels, `log_shares` holds class * levels + level.
    """

    hit: Floats
    miss: Floats
    log_shares: Floats


class MatchFamily(ABC):
    """A model of people that only asks whether an answer is right; also an `engine.Family`."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """The method's name as results show it."""

    @property
    def levels(self) -> int:
        """How many levels of difficulty a task may have."""
        return 1

    @property
    def by_label(self) -> bool:
        """Whether a person has a row for each label (worker * classes + label) or only one."""
        return False

    @abstractmethod
    def begin(self, workers: int, classes: int) -> Chances:
        """Give the chances believed before anybody has answered."""

    @abstractmethod
    def teach(self, tally: Tally, state_counts: Floats, classes: int) -> Chances:
        """Turn expected counts into chances."""

    def states(self, classes: int) -> Codes:
        """Give the class of each hidden state."""
        return np.repeat(np.arange(classes), self.levels)

    def start(self, workers: int, classes: int) -> Learned:
        """Give `begin` as whole tables."""
        return self.tables_of(self.begin(workers, classes), workers, classes)

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Give `teach` as whole tables."""
        workers, classes = counts.shape[:2]
        tally = self.tally_of(counts)
        return self.tables_of(self.teach(tally, state_counts, classes), workers, classes)

    def tally_of(self, counts: Floats) -> Tally:
        """Read the expected counts off whole tables (workers x given x states)."""
        workers, classes = counts.shape[:2]
        whole = counts.reshape(workers, classes, classes, self.levels)
        right = np.diagonal(whole, axis1=1, axis2=2).transpose(0, 2, 1)
        given = whole.sum(axis=2)
        if not self.by_label:
            return Tally(right.sum(axis=1), given.sum(axis=1))
        return Tally(right.reshape(-1, self.levels), given.reshape(-1, self.levels))

    def tables_of(self, chances: Chances, workers: int, classes: int) -> Learned:
        """Spread the chances out into whole tables (workers x given x states)."""
        labels = classes if self.by_label else 1
        shape = (workers, classes, classes, self.levels)
        hit = chances.hit.reshape(workers, labels, 1, self.levels)
        miss = chances.miss.reshape(workers, labels, 1, self.levels)
        same = np.eye(classes, dtype=bool)[None, :, :, None]
        tables = np.broadcast_to(np.where(same, hit, miss), shape)
        return Learned(tables.reshape(workers, classes, -1), chances.log_shares)


@dataclass(frozen=True, slots=True)
class MatchRun:
    """A finished run; `posterior` is tasks x states."""

    posterior: Floats
    state_class: Codes
    chances: Chances
    tally: Tally
    state_counts: Floats
    log_likelihood: float
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    """The answers, each with its row and label."""

    grouped: Grouped
    row: NDArray[np.int32]
    label: NDArray[np.int32]

    @classmethod
    def of(cls, grouped: Grouped, by_label: bool) -> _Seen:
        cell = grouped.cell.astype(np.int32, copy=False)
        if not grouped.classes:
            return cls(grouped, cell, cell)
        row = cell if by_label else cell // np.int32(grouped.classes)
        return cls(grouped, row, cell % np.int32(grouped.classes))


@dataclass(frozen=True, slots=True)
class _Swept:
    tally: Tally
    log_likelihood: float
    change: float


def run_matches(
    grouped: Grouped,
    family: MatchFamily,
    *,
    offset: Floats | None = None,
    past: Tally | None = None,
    max_iterations: int = 100,
    tolerance: float = 1e-5,
) -> MatchRun:
    """Learn chances and posteriors until no posterior moves by more than `tolerance`.

    `offset` (tasks x states) is added to each task's log weights, as in `engine.run`; `past` is
    added to everything people are seen to do. Raises ValueError when even this is too large.
    """
    workers, classes = grouped.workers, grouped.classes
    rows = workers * (classes if family.by_label else 1)
    if max(rows, grouped.tasks * classes) * family.levels > MAX_CELLS:
        raise ValueError(
            f"{grouped.tasks} tasks, {workers} people and {classes} classes are too large; "
            "are these free answers rather than classes?"
        )
    seen = _Seen.of(grouped, family.by_label)
    chances = family.begin(workers, classes)
    posterior = np.zeros((grouped.tasks, classes * family.levels))
    swept = _sweep(seen, chances, posterior, offset)
    iterations, converged = 0, False
    while iterations < max_iterations and not converged:
        chances = family.teach(swept.tally.plus(past), state_sums(posterior), classes)
        swept = _sweep(seen, chances, posterior, offset)
        iterations += 1
        converged = swept.change <= tolerance
    state_counts = state_sums(posterior)
    return MatchRun(
        posterior=posterior,
        state_class=family.states(classes),
        chances=family.teach(swept.tally.plus(past), state_counts, classes),
        tally=swept.tally.plus(past),
        state_counts=state_counts,
        log_likelihood=swept.log_likelihood,
        iterations=iterations,
        converged=converged,
    )


def _sweep(seen: _Seen, chances: Chances, posterior: Floats, offset: Floats | None) -> _Swept:
    if not posterior.size:
        empty = np.zeros(chances.miss.shape)
        return _Swept(Tally(empty, empty), 0.0, 0.0)
    if len(seen.row) < COMPILED_FROM:
        return _sweep_small(seen, chances, posterior, offset)
    return _sweep_large(seen, chances, posterior, offset)


def _sweep_small(seen: _Seen, chances: Chances, posterior: Floats, offset: Floats | None) -> _Swept:
    grouped, row, label = seen.grouped, seen.row, seen.label
    tasks, levels, classes = grouped.tasks, chances.miss.shape[1], grouped.classes
    task = np.repeat(np.arange(tasks), np.diff(grouped.starts))
    joint = np.zeros((tasks, classes, levels))
    joint += chances.log_shares.reshape(classes, levels)
    if offset is not None:
        joint += offset.reshape(joint.shape)
    place = task * classes + label
    for level in range(levels):
        hit, miss = chances.hit[row, level], chances.miss[row, level]
        lifts = np.bincount(place, weights=hit - miss, minlength=tasks * classes)
        joint[:, :, level] += lifts.reshape(tasks, classes)
        joint[:, :, level] += np.bincount(task, weights=miss, minlength=tasks)[:, None]
    weights = joint.reshape(tasks, -1)
    peak = weights.max(axis=1, keepdims=True)
    weights = np.exp(weights - peak)
    mass = weights.sum(axis=1, keepdims=True)
    weights /= mass
    change = float(np.abs(weights - posterior).max())
    posterior[:] = weights
    belief = posterior.reshape(tasks, classes, levels)
    right, given = np.empty_like(chances.miss), np.empty_like(chances.miss)
    for level in range(levels):
        hits = belief[task, label, level]
        right[:, level] = np.bincount(row, weights=hits, minlength=len(right))
        all_given = belief[:, :, level].sum(axis=1)[task]
        given[:, level] = np.bincount(row, weights=all_given, minlength=len(given))
    return _Swept(Tally(right, given), float((np.log(mass) + peak).sum()), change)


def _sweep_large(seen: _Seen, chances: Chances, posterior: Floats, offset: Floats | None) -> _Swept:
    grouped = seen.grouped
    levels = chances.miss.shape[1]
    kernel = sweep_matches_of(grouped.classes, levels)
    both = np.stack([np.exp(chances.hit - chances.miss), np.exp(chances.miss)], axis=2)
    hit, miss = np.ascontiguousarray(chances.hit), np.ascontiguousarray(chances.miss)
    known = np.zeros((0, len(chances.log_shares))) if offset is None else offset
    shares = np.ascontiguousarray(chances.log_shares)

    def stretch(start: int, stop: int) -> tuple[Floats, float, float]:
        tally = np.zeros(both.shape)
        log_likelihood, change = kernel(
            grouped.starts, seen.row, seen.label, both, hit, miss, shares, known,
            posterior, tally, start, stop,
        )  # fmt: skip
        return tally, log_likelihood, change

    found = in_threads(stretch, task_edges(grouped))
    tally = found[0][0]
    for other in found[1:]:
        tally += other[0]
    return _Swept(
        Tally(tally[:, :, 0], tally[:, :, 1]),
        sum(one[1] for one in found),
        max(one[2] for one in found),
    )
