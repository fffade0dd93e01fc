"""How long each task that could be asked next will probably take, by what was measured here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairhand.storage.database import Connection
from fairhand.use_cases.read_experiment import Experiment, learnt_seconds, read_experiment
from fairhand.work.prelabel import task_store
from fairhand.work.prelabel.seconds import Seconds, way_of
from fairhand.work.prelabel.store import AssistPolicy
from fairhand.work.prelabel.task_seconds import (
    Floats,
    seconds_by_task,
    slope_by_length,
    times_by_length,
)
from fairhand.work.prelabel.task_store import TaskRow


@dataclass(frozen=True, slots=True)
class Expected:
    """Seconds of each task, in the order asked for, and how many measured answers tell them."""

    seconds: Floats
    measured: int


def expect_seconds(
    connection: Connection,
    policy: AssistPolicy,
    kind: str,
    task_ids: Sequence[int],
    probabilities: NDArray[np.floating] | None,
) -> Expected:
    """Expect each task's paid seconds, by its length and by how sure the model is of it.

    A model's calibrated probability of its likeliest class is the chance that its proposal holds.
    """
    rows = task_store.load_tasks(connection, task_ids)
    medium = (rows[0].media_type or "text").partition("/")[0] if rows else "text"
    experiment = read_experiment(connection, policy.project_id, policy)
    seconds = learnt_seconds(experiment, kind, medium)
    measured, ratios = _measured(experiment, seconds)
    taught = task_store.load_tasks(connection, measured)
    known = {row.id: _length(row) for row in taught}
    lengths = np.array([known.get(task_id, 0.0) for task_id in measured])
    slope = slope_by_length(lengths, ratios)
    here = {row.id: _length(row) for row in rows}
    wanted = np.array([here.get(task_id, 0.0) for task_id in task_ids])
    usual = float(np.median(lengths[lengths > 0])) if (lengths > 0).any() else 0.0
    chances = None if probabilities is None else probabilities.max(axis=1).astype(np.float64)
    factors = times_by_length(wanted, slope, usual)
    return Expected(seconds_by_task(chances, factors, seconds, policy.ask), len(measured))


def _measured(experiment: Experiment, seconds: Seconds) -> tuple[list[int], Floats]:
    """Give measured tasks, and the seconds of each over those usual for its way of answering."""
    task_ids, ratios = [], []
    for one in experiment.usual:
        way = way_of(shown=one.shown, ask=one.ask, changed=one.changed)
        if way is not None and one.paid_ms > 0:
            task_ids.append(one.task_id)
            ratios.append(one.paid_ms / 1_000 / getattr(seconds, way))
    return task_ids, np.array(ratios, np.float64)


def _length(row: TaskRow) -> float:
    """Measure a task: the length of its recording, or of all its texts; 0 where it has neither."""
    if row.duration_ms:
        return float(row.duration_ms)
    if row.media_type is not None:
        return 0.0
    return float(sum(len(value) for value in row.data.values() if isinstance(value, str)))
