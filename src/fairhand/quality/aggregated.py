"""One call from answers to labels: `aggregate(task, worker, label)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairhand.core.systems import loaded
from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats, encode
from fairhand.quality.aggregation.engine import group
from fairhand.quality.aggregation.inspection import inspect
from fairhand.quality.aggregation.known import Gold, Past, gold_offset, past_counts
from fairhand.quality.aggregation.people_fit import beta_error, beta_interval
from fairhand.quality.aggregation.result import Aggregation, names_of, winners
from fairhand.quality.aggregation.stacking import Beside, Score, Stacked, stack
from fairhand.quality.auto import method_of, why_of
from fairhand.quality.features import Clues, read_clues, stack_with_clues
from fairhand.quality.frames import answer_columns, is_frame
from fairhand.quality.frames import columns as frame_columns
from fairhand.quality.methods import METHODS, fit_named, method_names

_LEAN = 3.0


@dataclass(frozen=True, slots=True)
class Aggregated(Aggregation):
    """Labels, probabilities, and how they were come by.

    `labels[i]` is None where the label was not sure enough (`abstained[i]`). `why` says in a few
    sentences how the method came to its answer; `scores` how the models of `auto` foretold
    held-out answers. `accuracy` (people x 3) holds each person's expected accuracy and its 95 %
    interval, `answers` how many answers it rests on, both in the order of `workers`.
    """

    why: str
    scores: tuple[Score, ...]
    answers: Codes
    accuracy: Floats
    abstained: NDArray[np.bool_]

    @property
    def coverage(self) -> float:
        """The share of tasks that have a label."""
        return float(1.0 - self.abstained.mean()) if len(self.tasks) else 1.0

    @property
    def expected_accuracy(self) -> float:
        """The share of given labels that are right, as far as the probabilities can be believed."""
        sure = self.confidence[~self.abstained]
        return float(sure.mean()) if len(sure) else 1.0

    @property
    def worker_table(self) -> dict[str, list[Any]]:
        """Each person's expected accuracy with its interval, as columns of a table."""
        low, high = self.accuracy[:, 1].tolist(), self.accuracy[:, 2].tolist()
        return {
            "worker": list(self.workers),
            "answers": self.answers.tolist(),
            "accuracy": self.accuracy[:, 0].tolist(),
            "low": low,
            "high": high,
        }


def aggregate(
    task: object,
    worker: Sequence[Any] | NDArray[Any] | None = None,
    label: Sequence[Any] | NDArray[Any] | None = None,
    method: str = "auto",
    *,
    classes: Sequence[Any] | None = None,
    columns: tuple[str, str, str] = ("task", "worker", "label"),
    gold: Gold | None = None,
    people: Past | None = None,
    features: ArrayLike | Mapping[Any, ArrayLike] | None = None,
    pred_probs: ArrayLike | Mapping[Any, ArrayLike] | None = None,
    feature_tasks: Sequence[Any] | NDArray[Any] | None = None,
    order: str | Sequence[Any] | NDArray[Any] | None = None,
    abstain_below: float | None = None,
) -> Aggregated:
    """Join answers given as one table, or as three columns of one length, into labels.

    `method` is `auto` or one of `method_names()`. `classes` fixes the classes and their order.
    `gold` maps tasks to their right label, `people` a person to counts of earlier answers (true
    class x given class). `features` (tasks x numbers) or out-of-fold `pred_probs` (tasks x
    classes) bring in a classifier as one more judge, with `auto` only; their rows belong to
    `feature_tasks`, or to the tasks in sorted order, or are given by task in a mapping. `order`
    is when answers were given (a column's name or values), for `drift`. With `abstain_below`,
    labels less probable than that are None.

    The same answers give the same result, whatever their order and the names in them. Raises
    ValueError for an unknown method, naming those there are; for a missing value, naming its row;
    for labels outside `classes`; for features that do not fit.
    """
    codes = encode(*answer_columns(task, worker, label, columns), classes)
    if abstain_below is not None and not 0.0 <= abstain_below <= 1.0:
        raise ValueError("abstain_below is a probability, between 0 and 1")
    clues = read_clues(codes, features, pred_probs, feature_tasks)
    if method == "auto":
        found = _auto(codes, gold, people, clues)
    else:
        if clues is not None:
            raise ValueError("features and pred_probs are used by the method auto alone")
        fitted = fit_named(method, codes, gold, people, _order(task, order))
        found = _result(codes, fitted.probabilities, fitted.method, _why(method), fitted.warnings)
    return found if abstain_below is None else _abstain(found, abstain_below)


def _auto(
    codes: AnswerCodes, gold: Gold | None, people: Past | None, clues: Clues | None
) -> Aggregated:
    beside = Beside(
        known=gold_offset(codes, gold, np.arange(len(codes.classes))),
        past=past_counts(codes, people),
    )
    words = ""
    if clues is None:
        found: Stacked = loaded("aggregate.auto", stack)(codes, beside)
    else:
        found, words = stack_with_clues(codes, beside, clues)
    return _result(
        codes,
        found.probabilities,
        method_of(found.scores),
        " ".join(filter(None, [why_of(codes, found), words])),
        inspect(group(codes), codes.workers),
        found.scores,
    )


def _result(
    codes: AnswerCodes,
    probabilities: Floats,
    method: str,
    why: str,
    warnings: tuple[str, ...],
    scores: tuple[Score, ...] = (),
) -> Aggregated:
    answers, accuracy = _people(codes, probabilities)
    return Aggregated(
        tasks=codes.tasks,
        classes=codes.classes,
        workers=codes.workers,
        labels=names_of(codes.classes, winners(probabilities)),
        probabilities=probabilities,
        method=method,
        warnings=warnings,
        why=why,
        scores=scores,
        answers=answers,
        accuracy=accuracy,
        abstained=np.zeros(len(codes.tasks), dtype=bool),
    )


def _people(codes: AnswerCodes, probabilities: Floats) -> tuple[Codes, Floats]:
    """Give each person's answers, and how many of them are right in expectation, with interval.

    The estimate leans to the whole crowd's accuracy by three answers. Doubt about the truth is
    in the mean, not in the width.
    """
    people = len(codes.workers)
    answers: Codes = np.bincount(codes.worker, minlength=people)
    chance = probabilities[codes.task, codes.label]
    right = np.bincount(codes.worker, weights=chance, minlength=people)
    usual = float(chance.mean()) if len(chance) else 0.5
    mean: Floats = (right + _LEAN * usual) / (answers + _LEAN)
    interval = beta_interval(mean, beta_error(mean, answers.astype(np.float64) + _LEAN), 0.95)
    return answers, np.concatenate([mean[:, None], interval.reshape(people, 2)], axis=1)


def _why(method: str) -> str:
    if method == "majority":
        return "Majority was asked for: the label given most often."
    return f"{method} was asked for: {METHODS[method].words}."


def _order(task: object, order: str | Sequence[Any] | NDArray[Any] | None) -> NDArray[Any] | None:
    if isinstance(order, str):
        if not is_frame(task):
            raise ValueError("order names a column, but no table was given")
        return np.asarray(frame_columns(task, [order])[0])
    return None if order is None else np.asarray(order)


def _abstain(found: Aggregated, least: float) -> Aggregated:
    """Give no label where the most probable one is less probable than `least`."""
    unsure = found.confidence < least
    labels = tuple(
        None if doubt else name for doubt, name in zip(unsure.tolist(), found.labels, strict=True)
    )
    kept = ~unsure
    expected = f"{found.confidence[kept].mean():.1%}" if kept.any() else "none"
    words = (
        f"Labels less probable than {least:g} were left out: {kept.mean():.1%} of the tasks have "
        f"a label, of which {expected} are expected to be right."
    )
    return replace(found, labels=labels, abstained=unsure, why=f"{found.why} {words}")


__all__ = ["Aggregated", "aggregate", "method_names"]
