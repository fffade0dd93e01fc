"""Crowds to watch: real answers, answers dealt out anew, and planted copying."""

from __future__ import annotations

import csv
import gzip

import numpy as np
from numpy.typing import NDArray

from tests.data import data_dir

Column = NDArray[np.intp]
Answers = tuple[Column, Column, Column]


def real_answers(name: str) -> Answers:
    """Read (task, worker, label) of a real set; skips the test when it is absent."""
    with gzip.open(data_dir("crowd") / name / "labels.csv.gz", "rt", encoding="utf-8") as text:
        rows = list(csv.reader(text))[1:]
    table = np.array([[int(cell) for cell in row[:3]] for row in rows], dtype=np.intp)
    return table[:, 0], table[:, 1], table[:, 2]


def dealt_anew(answers: Answers, seed: int) -> Answers:
    """Deal the answers of each task out to its people by lot: how tasks split stays, ties go."""
    task, worker, label = answers
    by_lot = np.lexsort((np.random.default_rng(seed).random(len(task)), task))
    in_order = np.lexsort((np.arange(len(task)), task))
    dealt = label.copy()
    dealt[in_order] = label[by_lot]
    return task, worker, dealt


def with_copying(answers: Answers, master: int, copiers: list[int], share: float) -> Answers:
    """Let copiers give the master's answer to a share of the tasks they have in common."""
    task, worker, label = answers
    rng = np.random.default_rng(master)
    given = dict(
        zip(task[worker == master].tolist(), label[worker == master].tolist(), strict=True)
    )
    copied = label.copy()
    for row in np.flatnonzero(np.isin(worker, copiers)).tolist():
        if int(task[row]) in given and rng.random() < share:
            copied[row] = given[int(task[row])]
    return task, worker, copied


def honest_crowd(
    seed: int, *, tasks: int = 600, people: int = 30, classes: int = 4, answers: int = 6
) -> Answers:
    """Make people of unlike accuracy who err independently, and one task in seven a hard one."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, tasks)
    bait = (truth + rng.integers(1, classes, tasks)) % classes
    hard = rng.random(tasks) < 0.15
    skill = rng.uniform(0.65, 0.95, people)
    task = np.repeat(np.arange(tasks), answers)
    worker = np.concatenate([rng.choice(people, answers, replace=False) for _ in range(tasks)])
    right = rng.random(len(task)) < np.where(hard[task], 0.45, skill[worker])
    slip = (truth[task] + rng.integers(1, classes, len(task))) % classes
    wrong = np.where(hard[task] & (rng.random(len(task)) < 0.8), bait[task], slip)
    return task, worker, np.where(right, truth[task], wrong)
