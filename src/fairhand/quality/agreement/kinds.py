"""Kinds of vote: tasks whose labels were given equally often are alike to every measure.

Ten million answers of five people about four classes are two million tasks, but 56 kinds of vote.
A figure and a thousand resamples of it then cost next to nothing once the votes are counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.compiled import in_threads, kernel, threads

MOST_KINDS = 4_096
"""Where there are more kinds, tasks are resampled in blocks instead."""

_MOST_CLASSES = 1_024
_FEW_ANSWERS = 300_000
_FEW_CELLS = 4_000_000
_EXACT = 2.0**53
"""Whole numbers below this are exact as floats."""

_KEY_BITS = 63
_LEAST_BITS = 4
_PLACE_BITS = 14
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Kinds:
    """Votes of each kind (kinds x classes), and how many tasks have it.

    Only tasks with two answers or more are kept: a single answer agrees with nothing.
    """

    votes: Floats
    times: NDArray[np.int64]

    @property
    def tasks(self) -> int:
        """How many tasks have two answers or more."""
        return int(self.times.sum())

    @property
    def answers(self) -> int:
        """How many answers those tasks have."""
        return int(self.votes.sum(axis=1) @ self.times)


def kinds_of(codes: AnswerCodes) -> Kinds | None:
    """Count the kinds of vote; None where there are too many to be worth it."""
    tasks, classes = len(codes.tasks), len(codes.classes)
    if classes > _MOST_CLASSES:
        return None
    if len(codes) <= _FEW_ANSWERS and tasks * classes <= _FEW_CELLS:
        return _plainly(codes)
    bits = _KEY_BITS // max(classes, 1)
    return _compiled(codes, min(bits, 31)) if bits >= _LEAST_BITS else None


def _plainly(codes: AnswerCodes) -> Kinds | None:
    """Count with NumPy alone: a server that measures a small project waits for no compiler."""
    n, k = len(codes.tasks), len(codes.classes)
    cells = np.bincount(codes.task * k + codes.label, minlength=n * k)
    votes = cells.reshape(n, k).astype(np.float64)
    votes = votes[votes.sum(axis=1) >= 2]
    kinds, times = _distinct(votes)
    return Kinds(kinds, times.astype(np.int64)) if len(kinds) <= MOST_KINDS else None


def _distinct(votes: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Give the distinct rows of votes and how often each occurs."""
    base = votes.max(initial=0.0) + 1.0
    if votes.shape[1] == 0 or base ** votes.shape[1] >= _EXACT:
        return np.unique(votes, axis=0, return_counts=True)
    keys = votes @ (base ** np.arange(votes.shape[1]))
    _, first, times = np.unique(keys, return_index=True, return_counts=True)
    return votes[first], times


def _compiled(codes: AnswerCodes, bits: int) -> Kinds | None:
    """Count a task's votes as the digits of one integer, and the integers in a hash table."""
    keys, times, used = _count_keys(_task_keys(codes, bits), MOST_KINDS, _PLACE_BITS, _MULTIPLIER)
    if used > MOST_KINDS:
        return None
    order = np.argsort(keys[:used])
    keys, times = keys[:used][order], times[:used][order]
    shifts = bits * np.arange(len(codes.classes))
    votes = ((keys[:, np.newaxis] >> shifts) & ((1 << bits) - 1)).astype(np.float64)
    if votes.sum(axis=1) @ times != len(codes):
        return None  # somebody's digit ran over: a task with very many answers
    pairable = votes.sum(axis=1) >= 2
    return Kinds(votes[pairable], times[pairable])


def _task_keys(codes: AnswerCodes, bits: int) -> NDArray[np.int64]:
    tasks, classes = len(codes.tasks), len(codes.classes)

    def count(start: int, stop: int) -> NDArray[np.int64]:
        keys = np.zeros(tasks, dtype=np.int64)
        task, label = codes.task[start:stop], codes.label[start:stop]
        stray = _add_votes(task, label, classes, bits, keys)
        if stray >= 0:
            raise ValueError(f"row {start + stray} has a code outside the tasks or the classes")
        return keys

    parts = in_threads(count, [len(codes) * i // threads() for i in range(threads() + 1)])
    keys = parts[0]
    for part in parts[1:]:
        keys += part
    return keys


@kernel
def _add_votes(task: Codes, label: Codes, classes: int, bits: int, keys: NDArray[np.int64]) -> int:
    """Add one to the digit of each answer's label; give the first row out of bounds, or -1."""
    tasks = len(keys)
    for row in range(len(task)):
        t, c = task[row], label[row]
        if t < 0 or t >= tasks or c < 0 or c >= classes:
            return row
        keys[t] += np.int64(1) << (c * bits)
    return -1


@kernel
def _count_keys(
    keys: NDArray[np.int64], most: int, place_bits: int, multiplier: np.uint64
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Count the distinct keys but 0; stops with one more than `most` where there are too many."""
    size = 1 << place_bits
    slots = np.full(size, -1, dtype=np.int64)
    found = np.zeros(most, dtype=np.int64)
    times = np.zeros(most, dtype=np.int64)
    used = 0
    for key in keys:
        if key == 0:
            continue
        place = (np.uint64(key) * multiplier) >> np.uint64(64 - place_bits)
        at = np.int64(place)
        while slots[at] >= 0 and found[slots[at]] != key:
            at = (at + 1) & (size - 1)
        if slots[at] < 0:
            if used == most:
                return found, times, most + 1
            slots[at] = used
            found[used] = key
            used += 1
        times[slots[at]] += 1
    return found, times, used
