"""A classifier joined in as one more judge.

People's answers teach a classifier that sees the tasks themselves; what it says of a task that it
was not taught with is evidence beside the answers (V. C. Raykar and others: Learning from crowds,
JMLR 2010; J. Goh, U. Tkachenko, J. Mueller: CROWDLAB, 2022). Three things keep it honest: its
word on a task comes from other tasks' labels only (cross-fitting); how loudly it speaks, the power
its probabilities are raised to, is the one under which held-out *answers of people* are foretold
best; and labels, classifier and loudness are learned again in turn only while that improves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.aggregation.folds import deal_tasks
from fairhand.quality.aggregation.stacking import Beside, Stacked, stack
from fairhand.quality.linear import cross_fit

FOLDS = 5
ROUNDS = 3
LOUDNESS = (0.0, 0.35, 0.7, 1.0, 1.4, 2.0, 2.8)
_NORMAL = LOUDNESS.index(1.0)
_LEAST = 1e-6

Given = ArrayLike | Mapping[Any, ArrayLike]


@dataclass(frozen=True, slots=True)
class Clues:
    """What is seen of the tasks: `rows` (tasks x numbers) where `seen`.

    `ready` says that the rows are a classifier's out-of-fold probabilities already.
    """

    rows: Floats
    seen: NDArray[np.bool_]
    ready: bool


def read_clues(
    codes: AnswerCodes,
    features: Given | None,
    pred_probs: Given | None,
    tasks: Sequence[Any] | NDArray[Any] | None = None,
) -> Clues | None:
    """Bring features, or out-of-fold probabilities, into the order of the tasks.

    Rows belong to `tasks`, or without it to the tasks in sorted order; a mapping says itself. Tasks
    without a row are judged by their answers alone. Raises ValueError for both at once, for a
    shape that does not fit, and for missing numbers, naming the task.
    """
    given = features if pred_probs is None else pred_probs
    if given is None:
        return None
    if features is not None and pred_probs is not None:
        raise ValueError("give features or pred_probs, not both")
    name = "features" if pred_probs is None else "pred_probs"
    rows, named = _table(given, tasks, codes.tasks, name)
    place = {task: row for row, task in enumerate(named)}
    at = np.array([place.get(task, -1) for task in codes.tasks], dtype=np.intp)
    seen = at >= 0
    if codes.tasks and not seen.any():
        raise ValueError(f"no row of the {name} belongs to a task that was answered")
    aligned = np.where(seen[:, None], rows[at], 0.0) if len(rows) else np.zeros((len(at), 1))
    bad = ~np.isfinite(aligned).all(axis=1)
    if bad.any():
        raise ValueError(f"the {name} of task {codes.tasks[int(bad.argmax())]!r} miss a number")
    if pred_probs is not None:
        _check_probabilities(codes, aligned, seen)
    return Clues(aligned, seen, pred_probs is not None)


def _table(
    given: Given, tasks: Sequence[Any] | NDArray[Any] | None, sorted_tasks: Sequence[Any], name: str
) -> tuple[Floats, Sequence[Any]]:
    if isinstance(given, Mapping):
        named: Sequence[Any] = list(given)
        rows = np.asarray(list(given.values()), dtype=np.float64)
    else:
        named = sorted_tasks if tasks is None else list(np.asarray(tasks).tolist())
        rows = np.asarray(given, dtype=np.float64)
    if rows.ndim != 2 or len(rows) != len(named):
        raise ValueError(
            f"{name} must have one row a task, {len(named)} rows; they have the shape {rows.shape}"
            + ("" if tasks is not None else " (feature_tasks says whose the rows are)")
        )
    return rows, named


def _check_probabilities(codes: AnswerCodes, rows: Floats, seen: NDArray[np.bool_]) -> None:
    if rows.shape[1] != len(codes.classes):
        raise ValueError(
            f"pred_probs have {rows.shape[1]} columns for the {len(codes.classes)} classes "
            f"{', '.join(map(str, codes.classes))}"
        )
    wrong = seen & ((rows < 0.0).any(axis=1) | ~np.isclose(rows.sum(axis=1), 1.0, atol=1e-3))
    if wrong.any():
        task = codes.tasks[int(wrong.argmax())]
        raise ValueError(f"the pred_probs of task {task!r} are no distribution")


@dataclass(frozen=True, slots=True)
class _Joined:
    found: Stacked
    loudness: float


def stack_with_clues(codes: AnswerCodes, beside: Beside, clues: Clues) -> tuple[Stacked, str]:
    """Stack with a classifier beside the answers; give a sentence on what it added, too."""
    alone = stack(codes, beside)
    if len(codes.classes) < 2 or not len(codes):
        return alone, ""
    best = _Joined(alone, 0.0)
    for _ in range(1 if clues.ready else ROUNDS):
        told = _judge(codes, clues, best.found.probabilities)
        joined = _loudest(codes, beside, told)
        if joined.found.held_out <= best.found.held_out:
            break
        best = joined
    return best.found, _words(alone, best)


def _judge(codes: AnswerCodes, clues: Clues, labels: Floats) -> Floats:
    """Give the classifier's log probabilities relative to how often it says each class."""
    if clues.ready:
        chance = clues.rows
    else:
        fold = deal_tasks(codes, FOLDS)
        chance = np.ones_like(labels)
        chance[clues.seen] = cross_fit(clues.rows[clues.seen], labels[clues.seen], fold[clues.seen])
    told = np.zeros_like(labels)
    told[clues.seen] = np.log(np.maximum(chance[clues.seen], _LEAST))
    return told


def _loudest(codes: AnswerCodes, beside: Beside, told: Floats) -> _Joined:
    """Climb to the loudness at which held-out answers are foretold best."""
    tried: dict[int, Stacked] = {}

    def at(place: int) -> float:
        if place not in tried:
            tried[place] = stack(codes, _beside(beside, told, LOUDNESS[place]))
        return tried[place].held_out

    place = _NORMAL
    step = 1 if at(place + 1) > at(place) else -1
    while 0 < place + step < len(LOUDNESS) and at(place + step) > at(place):
        place += step
    return _Joined(tried[place], LOUDNESS[place])


def _beside(beside: Beside, told: Floats, loudness: float) -> Beside:
    """Add the classifier's word, less how often it says each class: shares are learned apart."""
    seen = (told != 0.0).any(axis=1)
    chance = np.exp(loudness * told)
    chance /= chance.sum(axis=1, keepdims=True)
    word = np.zeros_like(told)
    word[seen] = np.log(chance[seen]) - np.log(chance[seen].mean(axis=0))
    return replace(beside, known=word if beside.known is None else word + beside.known)


def _words(alone: Stacked, best: _Joined) -> str:
    if not best.loudness:
        return "The classifier foretold people's answers no better and was left out."
    return (
        f"A cross-fitted classifier was heard, its probabilities to the power {best.loudness:g}: "
        f"with it an unseen answer has a probability of {np.exp(best.found.held_out):.3f}, "
        f"without {np.exp(alone.held_out):.3f}."
    )
