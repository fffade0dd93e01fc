"""Hold a candidate against the model that is shown, on the same answers of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import Predictor, Proposal
from fairhand.compute.models.trials import Rows, Trial
from fairhand.model.project import Question
from fairhand.model.system import loaded
from fairhand.quality.evaluation.judged import match_of, mean_estimate, measure_of, ready
from fairhand.use_cases.read_examples import Answered
from fairhand.work.prelabel.rules import (
    FEWEST_HELD_OUT,
    Basis,
    Comparison,
    Verdict,
    judge,
)

Floats = NDArray[np.float64]
_FEWEST_IN_SLICE: Final = 10
_SELDOM_THE_SAME: Final = frozenset(
    {"boxes", "keypoints", "polygons", "segments", "spans", "transcript"}
)
_SIDES: Final = ("scores", "rival_scores")


@dataclass(frozen=True, slots=True)
class Shown:
    """The model that people see now: its predictor, and what it had learnt from.

    `through` is the last annotation it had learnt from; None: it did not learn here, so it may be
    asked about every answer.
    """

    predictor: Predictor
    through: int | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a candidate is worth on one question: a score for each task that was looked at.

    `proposed` are those of tasks that it proposed something for.
    """

    question: str
    measure: str
    scores: Mapping[int, float]
    rival_scores: Mapping[int, float]
    slices: Mapping[str, Mapping[str, float]]
    proposed: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate's verdict, with what it rests on."""

    verdict: Verdict
    basis: Basis
    rival: Literal["shown", "trivial"]
    measured: tuple[Measured, ...]
    held_out: int

    def report(self) -> dict[str, Any]:
        """Write it as the version's report: shares between 0 and 1, with 95 % intervals."""
        own, other = self._totals("scores"), self._totals("rival_scores")
        return {
            "basis": self.basis,
            "tasks": len(own),
            **_estimate(own),
            "rival": self.rival,
            "rival_score": None if not other.size else float(other.mean()),
            "chance": self.verdict.chance,
            "difference": self.verdict.difference,
            "difference_low": self.verdict.low,
            "difference_high": self.verdict.high,
            "questions": {
                one.question: {
                    "measure": one.measure,
                    **_estimate(np.array(list(one.scores.values()))),
                    "slices": dict(one.slices),
                }
                for one in self.measured
            },
        }

    def _totals(self, name: str) -> Floats:
        return np.array(_per_task([getattr(one, name) for one in self.measured]))


def weigh(
    trials: Sequence[Trial],
    learnt: Sequence[bytes],
    answered: Sequence[Answered],
    shown: Shown | None,
    slice_fields: Sequence[str],
) -> Weighed:
    """Measure what was learnt for each question, beside the shown model or the trivial guess.

    The examples of each trial are those of `answered`, in its order. With too few held-out answers
    the training answers are cross-validated: the candidate's and, where the shown model learnt
    here too, its own part of them, in the same folds.
    """
    held = np.array([one.held_out for one in answered], dtype=bool)
    basis: Basis = "held_out" if held.sum() >= FEWEST_HELD_OUT else "cross_validated"
    rows = np.flatnonzero(held) if basis == "held_out" else np.arange(len(answered))
    rows = rows[: min((_most_measured(trial, rows) for trial in trials), default=len(rows))]
    rival: Literal["shown", "trivial"] = "trivial" if shown is None else "shown"
    theirs = _shown_proposals(shown, trials, answered, rows, basis)
    measured = []
    for place, (trial, bytes_learnt) in enumerate(zip(trials, learnt, strict=True)):
        asked = _answering(trial.question, answered, rows)
        training = _answering(trial.question, answered, np.flatnonzero(~held))
        if basis == "held_out":
            own = trial.propose(bytes_learnt, asked)
        else:
            own = trial.cross_validate(training, asked)
        other = theirs[place] if theirs else _trivial(trial.question, answered, training)
        measured.append(_measure(trial.question, answered, asked, own, other, slice_fields))
    verdict = loaded("assist.promote", judge)(
        Comparison(
            _per_task([one.scores for one in measured]),
            _per_task([one.rival_scores for one in measured]),
            rival,
            basis,
            int(held.sum()),
            _drafts(measured, [trial.question for trial in trials]),
        )
    )
    return Weighed(verdict, basis, rival, tuple(measured), int(held.sum()))


def _most_measured(trial: Trial, rows: Rows) -> int:
    """Say on how many answers a model can be measured, the newest ones; all where it is quick."""
    limit = getattr(trial.model.trainer, "most_measured", None)
    if limit is None:
        return len(rows)
    return int(limit([trial.examples[row].item for row in rows]))


def _drafts(measured: Sequence[Measured], questions: Sequence[Question]) -> list[list[float]]:
    """Give the scores of what was drafted, for each question that asks for a transcript."""
    asked = {question.name for question in questions if question.kind == "transcript"}
    return [list(one.proposed) for one in measured if one.question in asked]


def weigh_proposals(
    questions: Sequence[Question],
    answered: Sequence[Answered],
    proposals: Sequence[Proposal],
    shown: Shown | None,
    slice_fields: Sequence[str],
) -> Weighed:
    """Measure what a model that did not learn here proposes for held-out tasks, a row for each."""
    rows = np.arange(len(answered))
    theirs: Sequence[Proposal] = []
    if shown is not None:
        theirs = shown.predictor.predict([one.example.item for one in answered])
    measured = []
    for question in questions:
        asked = _answering(question, answered, rows)
        own = [proposals[row] for row in asked]
        if shown is None:
            other = _trivial(question, answered, asked)
        else:
            other = _by_task(question, answered, rows, theirs)
        measured.append(_measure(question, answered, asked, own, other, slice_fields))
    rival: Literal["shown", "trivial"] = "trivial" if shown is None else "shown"
    scores = [_per_task([getattr(one, name) for one in measured]) for name in _SIDES]
    verdict = loaded("assist.promote", judge)(
        Comparison(
            scores[0], scores[1], rival, "held_out", len(answered), _drafts(measured, questions)
        )
    )
    return Weighed(verdict, "held_out", rival, tuple(measured), len(answered))


def _shown_proposals(
    shown: Shown | None,
    trials: Sequence[Trial],
    answered: Sequence[Answered],
    rows: Rows,
    basis: Basis,
) -> list[dict[int, Any]]:
    """What the shown model answers, by task, for each question; nothing when there is none."""
    if shown is None:
        return []
    if basis == "cross_validated" and shown.through is not None:
        found = []
        knew = np.flatnonzero(
            [not one.held_out and one.through <= shown.through for one in answered]
        )
        for trial in trials:
            asked = _answering(trial.question, answered, rows)
            usable = _answering(trial.question, answered, knew)
            proposals = trial.cross_validate(usable, asked)
            found.append(_by_task(trial.question, answered, asked, proposals))
        return found
    proposals = shown.predictor.predict([answered[row].example.item for row in rows])
    return [_by_task(trial.question, answered, rows, proposals) for trial in trials]


def _answering(question: Question, answered: Sequence[Answered], rows: Rows) -> Rows:
    """Keep the rows whose task has an answer to this question."""
    return np.array([row for row in rows if question.name in answered[row].example.value], np.int64)


def _by_task(
    question: Question, answered: Sequence[Answered], rows: Rows, proposals: Sequence[Proposal]
) -> dict[int, Any]:
    return {
        answered[row].example.item.task_id: (one.value or {}).get(question.name)
        for row, one in zip(rows, proposals, strict=True)
    }


def _trivial(question: Question, answered: Sequence[Answered], training: Rows) -> dict[int, Any]:
    """Guess the same for every task: the answer of most weight, or that there is nothing.

    What is drawn or marked is guessed only where two tasks or more have the same answer.
    """
    if question.kind == "mask":
        return {}
    weights: dict[str, float] = {}
    values: dict[str, Any] = {}
    for row in training:
        answer = answered[row].example.value[question.name]
        if question.kind not in _SELDOM_THE_SAME or repr(answer) in weights:
            values[repr(answer)] = answer
        weights[repr(answer)] = weights.get(repr(answer), 0.0) + answered[row].example.weight
    weights = {key: weights[key] for key in values}
    guess = values[max(weights, key=lambda key: (weights[key], key))] if weights else None
    return {one.example.item.task_id: guess for one in answered}


def _measure(
    question: Question,
    answered: Sequence[Answered],
    asked: Rows,
    own: Sequence[Proposal],
    other: Mapping[int, Any],
    slice_fields: Sequence[str],
) -> Measured:
    match = match_of(question)
    scores: dict[int, float] = {}
    rivals: dict[int, float] = {}
    mine = _by_task(question, answered, asked, own)
    for row in asked:
        example = answered[row].example
        truth = ready(question, example.value[question.name])
        task_id = example.item.task_id
        for proposals, into in ((mine, scores), (other, rivals)):
            proposed = proposals.get(task_id)
            into[task_id] = 0.0 if proposed is None else match(truth, ready(question, proposed))
    slices = _slices(answered, asked, scores, slice_fields)
    drafted = tuple(score for task_id, score in scores.items() if mine.get(task_id) is not None)
    return Measured(question.name, measure_of(question), scores, rivals, slices, drafted)


def _slices(
    answered: Sequence[Answered],
    asked: Rows,
    scores: Mapping[int, float],
    slice_fields: Sequence[str],
) -> dict[str, Mapping[str, float]]:
    """Score each slice that has ten tasks and more."""
    found: dict[str, list[float]] = {}
    for row in asked:
        item = answered[row].example.item
        for field in slice_fields:
            if isinstance(value := item.data.get(field), str | int | bool):
                found.setdefault(f"{field}={value}", []).append(scores[item.task_id])
    return {
        name: {"n": len(own), **_estimate(np.array(own))}
        for name, own in sorted(found.items())
        if len(own) >= _FEWEST_IN_SLICE
    }


def _per_task(scores: Sequence[Mapping[int, float]]) -> list[float]:
    """Join the scores of several questions: the mean over those that a task answers."""
    tasks: dict[int, list[float]] = {}
    for one in scores:
        for task_id, score in one.items():
            tasks.setdefault(task_id, []).append(score)
    return [sum(own) / len(own) for _, own in sorted(tasks.items())]


def _estimate(values: Floats) -> dict[str, float]:
    if not values.size:
        return {"score": 0.0, "low": 0.0, "high": 1.0}
    found = mean_estimate(values)
    return {"score": found.value, "low": found.low, "high": found.high}
