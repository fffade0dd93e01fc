"""Which answers are held out together: chosen by who met whom, not by names or by luck.

Every person and task gets a number from the answers around it, refined a few times as in the
colouring of B. Weisfeiler, A. Leman (1968). Answers of a task are dealt to the folds in the order
of their persons' numbers. So the same answers fall into the same folds whatever people, tasks and
classes are called and however the rows are ordered; where two people cannot be told apart by their
answers, it does not matter which of them comes first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Codes

Marks = NDArray[np.uint64]

_ROUNDS = 3


def deal_folds(codes: AnswerCodes, folds: int) -> Codes:
    """Give each answer its fold; the answers of a task are spread over the folds evenly."""
    person, task = _marks(codes)
    order = np.lexsort((codes.worker, person[codes.worker], codes.task))
    starts = np.zeros(len(codes.tasks) + 1, dtype=np.intp)
    np.cumsum(np.bincount(codes.task, minlength=len(codes.tasks)), out=starts[1:])
    rank = np.empty(len(codes), dtype=np.intp)
    rank[order] = np.arange(len(codes)) - starts[codes.task[order]]
    first = (task >> np.uint64(17)).astype(np.intp) % folds
    return (rank + first[codes.task]) % folds


def deal_tasks(codes: AnswerCodes, folds: int) -> Codes:
    """Give each task its fold; the folds are of one size."""
    order = np.argsort(_marks(codes)[1], kind="stable")
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return rank % folds


def sample_tasks(codes: AnswerCodes, most: int) -> NDArray[np.bool_]:
    """Mark the answers of some tasks, about `most` answers in all."""
    if len(codes) <= most:
        return np.ones(len(codes), dtype=bool)
    task = _marks(codes)[1]
    share = most / len(codes)
    chosen = (task >> np.uint64(11)).astype(np.float64) < share * 2.0**53
    return chosen[codes.task]


def _marks(codes: AnswerCodes) -> tuple[Marks, Marks]:
    """Number people and tasks by their surroundings."""
    label = _mix(np.bincount(codes.label, minlength=len(codes.classes)).astype(np.uint64))
    task = np.zeros(len(codes.tasks), dtype=np.uint64)
    person = np.zeros(len(codes.workers), dtype=np.uint64)
    for _ in range(_ROUNDS):
        seen = label[codes.label]
        person = _sum(_mix(task[codes.task] + seen), codes.worker, len(person))
        task = _sum(_mix(person[codes.worker] ^ seen), codes.task, len(task))
    return person, task


def _sum(values: Marks, place: Codes, size: int) -> Marks:
    """Add up values by place, modulo 2^64: exact, and the same in any order."""
    low = np.bincount(place, weights=values & np.uint64(0xFFFFFFFF), minlength=size)
    high = np.bincount(place, weights=values >> np.uint64(32), minlength=size)
    # Each sum of 32-bit numbers is exact in a float up to two million answers; beyond that
    # rounding depends on the order of the rows alone, which is sorted.
    halves = np.mod(low, 2.0**32).astype(np.uint64), np.mod(high, 2.0**32).astype(np.uint64)
    return _mix(halves[0] + (halves[1] << np.uint64(32)))


def _mix(values: Marks) -> Marks:
    """Scatter numbers (the finaliser of splitmix64, G. Steele, D. Lea, C. Flood 2014)."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    scattered: Marks = mixed ^ (mixed >> np.uint64(31))
    return scattered
