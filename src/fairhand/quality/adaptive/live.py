"""A fitted model of any size that takes in new answers in milliseconds.

Incremental EM (R. M. Neal, G. E. Hinton, 1998), as in `online`, over arrays: each new answer
touches its own task only. The task's old share is taken out of what is known of people, its
posterior is worked out from everything else, and its new share is put in. The cost grows with the
answers to the tasks touched, not with the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.adaptive.live_kernel import fold_answers
from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.aggregation.confusion import ConfusionPriors, newcomer
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFit
from fairhand.quality.aggregation.engine import group


@dataclass(frozen=True, slots=True)
class Folded:
    """The tasks that new answers touched, and their probabilities now (tasks x classes)."""

    tasks: tuple[Any, ...]
    probabilities: Floats


class LiveModel:
    """Answers, beliefs and what is known of people; `fold` changes them in place."""

    def __init__(
        self,
        codes: AnswerCodes,
        fit: DawidSkeneFit,
        priors: ConfusionPriors | None = None,
        *,
        rho: float = 0.0,
    ) -> None:
        """Start from a fit of these answers; `rho` is the dependence of answers to take off."""
        self.classes = codes.classes
        self._priors, self._rho = priors or ConfusionPriors(), rho
        self._label_of = {name: place for place, name in enumerate(codes.classes)}
        self._task_of = {name: place for place, name in enumerate(codes.tasks)}
        self._person_of = {name: place for place, name in enumerate(codes.workers)}
        self._beliefs = fit.probabilities.copy()
        self._counts = fit.counts.copy(order="C")
        self._totals = self._counts.sum(axis=2)
        self._crowd = self._counts.sum(axis=0)
        self._task_counts = fit.task_counts.copy()
        grouped = group(codes)
        self._cell = grouped.cell.astype(np.int64)
        self._before = np.arange(-1, len(codes) - 1, dtype=np.int64)
        has = np.diff(grouped.starts) > 0
        self._before[grouped.starts[:-1][has]] = -1
        self._last = np.where(has, grouped.starts[1:] - 1, -1).astype(np.int64)
        self._answers = len(codes)
        self._newcomer = newcomer(len(codes.classes), self._priors)

    def __len__(self) -> int:
        """Count the answers taken in so far."""
        return self._answers

    def probabilities(self, tasks: Sequence[Any]) -> Floats:
        """Give what is believed of these tasks; raises KeyError for one without an answer."""
        return self._beliefs[[self._task_of[name] for name in tasks]].copy()

    def fold(self, task: Sequence[Any], worker: Sequence[Any], label: Sequence[Any]) -> Folded:
        """Take in new answers; tasks and people may be new, classes may not.

        Raises ValueError for columns of different length or a label that is no class; nothing is
        taken in then.
        """
        if not len(task) == len(worker) == len(label):
            raise ValueError("task, worker and label must have one length")
        unknown = next((one for one in label if one not in self._label_of), None)
        if unknown is not None:
            raise ValueError(f"label {unknown!r} is not one of the classes")
        new_cell = self._cells_of(worker, label)
        places = np.fromiter(
            (self._task_of.setdefault(name, len(self._task_of)) for name in task),
            np.int64,
            len(task),
        )
        self._make_room(len(places))
        touched, first = np.unique(places, return_index=True)
        touched = touched[np.argsort(first)]
        old_last = self._last[touched]
        self._chain(places, new_cell)
        known = self._priors
        fold_answers(
            touched,
            self._last,
            old_last,
            self._before,
            self._cell,
            self._counts,
            self._totals,
            self._crowd,
            self._task_counts,
            self._beliefs,
            self._newcomer,
            np.array([known.person, known.crowd, known.tasks]),
            self._rho,
        )
        names = tuple(task[place] for place in np.sort(first).tolist())
        return Folded(names, self._beliefs[touched])

    def _cells_of(self, worker: Sequence[Any], label: Sequence[Any]) -> NDArray[np.int64]:
        people = (self._person_of.setdefault(name, len(self._person_of)) for name in worker)
        classes = len(self.classes)
        cells = (
            person * classes + self._label_of[given]
            for person, given in zip(people, label, strict=True)
        )
        return np.fromiter(cells, np.int64, len(label))

    def _make_room(self, coming: int) -> None:
        """Double what is too small, so that growth costs little on the whole."""
        if (need := self._answers + coming) > len(self._cell):
            self._cell = _grown(self._cell, need)
            self._before = _grown(self._before, need)
        if (need := len(self._task_of)) > len(self._last):
            self._last = _grown(self._last, need, -1)
            self._beliefs = _grown(self._beliefs, need)
        if (need := len(self._person_of)) > len(self._counts):
            self._counts = _grown(self._counts, need)
            self._totals = _grown(self._totals, need)

    def _chain(self, places: NDArray[np.int64], cells: NDArray[np.int64]) -> None:
        at = self._answers
        self._cell[at : at + len(cells)] = cells
        for answer, place in enumerate(places.tolist(), at):
            self._before[answer] = self._last[place]
            self._last[place] = answer
        self._answers += len(cells)


def _grown(array: NDArray[Any], need: int, fill: int = 0) -> NDArray[Any]:
    room = np.full((max(need, 2 * len(array)), *array.shape[1:]), fill, dtype=array.dtype)
    room[: len(array)] = array
    return room
