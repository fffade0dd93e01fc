"""What a refit shows an owner about one question: people, confusions, slices, doubtful labels.

Pure: arrays in, plain numbers out, ready for JSON. People are listed by number, never by result;
every figure about a person carries its interval. Watching looks at the newest answers only, so
that its cost is bounded however large a project grows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.core.systems import loaded
from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFit
from fairhand.quality.agreement import alpha_of_codes
from fairhand.quality.agreement.scale import Metric
from fairhand.quality.outlook import outlook_of
from fairhand.quality.watch.alike import likeness_of
from fairhand.quality.watch.answers import expect, take_answers
from fairhand.quality.watch.drift import find_drift
from fairhand.quality.watch.label_errors import find_label_errors
from fairhand.quality.watch.pace import agreement_with_others, find_too_fast
from fairhand.quality.watch.signal import Signal
from fairhand.quality.watch.slices import compare_slices
from fairhand.quality.watch.straight import straightness_of

WATCHED = 100_000
"""The newest answers that are watched for signals and slices."""

_MOST_CLASSES = 30
_MOST_SLICES = 12
_MOST_CANDIDATES = 100
_LEAST_PROPOSED = 50
_SURE = 0.9
_RESAMPLES = 500

Slices = Mapping[str, Mapping[int, str]]
"""Field of the tasks' data to (task to slice)."""

Proposals = Mapping[int, tuple[str, float]]
"""Task to the label that a model proposed, and its score."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One question's answers: codes, and for each answer when (ms) and in how many seconds."""

    codes: AnswerCodes
    when: NDArray[np.int64]
    seconds: Floats

    def newest(self, most: int) -> Seen:
        """Keep the newest answers."""
        if len(self.codes) <= most:
            return self
        kept = np.sort(np.argsort(self.when, kind="stable")[-most:])
        codes = AnswerCodes(
            self.codes.task[kept],
            self.codes.worker[kept],
            self.codes.label[kept],
            self.codes.tasks,
            self.codes.workers,
            self.codes.classes,
        )
        return Seen(codes, self.when[kept], self.seconds[kept])


@dataclass(frozen=True, slots=True)
class Insight:
    """What is shown (`body`, ready for JSON), and what a human should look at."""

    body: dict[str, Any]
    signals: tuple[Signal, ...] = field(default=())


def look_into(
    seen: Seen,
    fit: DawidSkeneFit,
    *,
    metric: Metric,
    slices: Slices,
    proposals: Proposals,
    rng: np.random.Generator,
    most: int = 0,
) -> Insight:
    """Look into a question with one part, as a single choice has.

    `most` is how many people a task may be asked of; with it the outlook is forecast.
    """
    recent = seen.newest(WATCHED)
    body = {
        "answers": len(seen.codes),
        "watched": len(recent.codes),
        "warnings": list(fit.warnings),
        "people": people_of(seen.codes, fit),
        "confusion": confusion_of(fit),
        "slices": slices_of(recent.codes, slices, metric, rng),
        "label_errors": doubtful_labels(seen.codes, fit, proposals),
        "outlook": outlook_of(seen.codes, seen.when, fit, most, rng) if most else None,
    }
    return Insight(body, signals_of(recent))


def look_at_overlap(
    overlaps: Mapping[int, float], slices: Slices, rng: np.random.Generator
) -> Insight:
    """Look into a question whose answers are joined as drawn: how alike people draw, by slice.

    `overlaps` is each task's mean pairwise overlap (0..1). Intervals are bootstraps over tasks.
    """
    found = [{"field": "", "slice": "", **_mean_overlap(list(overlaps.values()), rng)}]
    for name, value_of in sorted(slices.items()):
        groups: dict[str, list[float]] = {}
        for task, overlap in overlaps.items():
            if task in value_of:
                groups.setdefault(value_of[task], []).append(overlap)
        if len(groups) > 1:
            found += [
                {"field": name, "slice": group, **_mean_overlap(groups[group], rng)}
                for group in sorted(groups)[:_MOST_SLICES]
            ]
    answers = 0 if not overlaps else len(overlaps)
    return Insight({"answers": answers, "overlaps": found if overlaps else []})


def _mean_overlap(overlaps: Sequence[float], rng: np.random.Generator) -> dict[str, Any]:
    values = np.asarray(overlaps)
    if not len(values):
        return {"tasks": 0, "value": None, "low": None, "high": None}
    weights = rng.multinomial(len(values), np.full(len(values), 1 / len(values)), _RESAMPLES)
    means = weights @ values / len(values)
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "tasks": len(values),
        "value": float(values.mean()),
        "low": float(low),
        "high": float(high),
    }


def people_of(codes: AnswerCodes, fit: DawidSkeneFit) -> list[dict[str, Any]]:
    """List everybody's answers and estimated accuracy with its 95 % interval, by number."""
    answers = np.bincount(codes.worker, minlength=len(codes.workers))
    intervals = fit.accuracy_interval()
    return [
        {
            "person_id": person,
            "answers": int(answers[place]),
            "accuracy": float(fit.accuracy[place]),
            "low": float(intervals[place, 0]),
            "high": float(intervals[place, 1]),
        }
        for place, person in enumerate(codes.workers)
    ]


def confusion_of(fit: DawidSkeneFit) -> dict[str, Any] | None:
    """Give the crowd's expected counts, true class by given class; None for very many classes."""
    if len(fit.classes) > _MOST_CLASSES:
        return None
    counts = fit.counts.sum(axis=0)
    return {"classes": list(fit.classes), "counts": np.round(counts, 3).tolist()}


def slices_of(
    codes: AnswerCodes, slices: Slices, metric: Metric, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Compare the slices of each field: agreement with its interval, and the difference in words.

    The difference is of the mean agreement with others; its chance allows for all slices looked
    at, so one in twenty fields of nothing but luck shows something.
    """
    found = []
    shared = agreement_with_others(codes.task, codes.worker, codes.label)
    for name, value_of in sorted(slices.items()):
        values = np.array([value_of.get(task, "") for task in codes.tasks], dtype=object)
        given = values[codes.task]
        rows = np.flatnonzero((given != "") & ~np.isnan(shared))
        if len(set(given[rows].tolist())) < 2:
            continue
        report = compare_slices(
            given[rows].tolist(), codes.task[rows], codes.worker[rows], shared[rows]
        )
        for one in report.slices[:_MOST_SLICES]:
            alpha = alpha_of_codes(_only(codes, given == one.name), rng, metric=metric)
            found.append(
                {
                    "field": name,
                    "slice": str(one.name),
                    "tasks": one.tasks,
                    "answers": one.answers,
                    "alpha": alpha.value,
                    "low": alpha.low,
                    "high": alpha.high,
                    "chance": one.adjusted,
                    "sentence": one.sentence,
                }
            )
    return found


def _only(codes: AnswerCodes, kept: NDArray[np.bool_]) -> AnswerCodes:
    return AnswerCodes(
        codes.task[kept],
        codes.worker[kept],
        codes.label[kept],
        codes.tasks,
        codes.workers,
        codes.classes,
    )


def doubtful_labels(
    codes: AnswerCodes, fit: DawidSkeneFit, proposals: Proposals
) -> list[dict[str, Any]]:
    """List tasks whose label is most likely wrong, the likeliest first, with the reason.

    With a model's proposals for enough of the tasks it is a second witness: where it contradicts
    people more than it errs elsewhere, it is worth a look (confident learning). Without, what
    people's own answers leave in doubt is listed.
    """
    labels = np.asarray(fit.probabilities).argmax(axis=1)
    place = {name: code for code, name in enumerate(fit.classes)}
    known = [
        (row, place[proposals[task][0]], proposals[task][1])
        for row, task in enumerate(fit.tasks)
        if task in proposals and proposals[task][0] in place
    ]
    if len(known) >= _LEAST_PROPOSED and len(fit.classes) > 1:
        return _doubted_by_model(fit, labels, known)
    return _doubted_by_people(codes, fit, labels)


def _doubted_by_model(
    fit: DawidSkeneFit, labels: Codes, known: Sequence[tuple[int, int, float]]
) -> list[dict[str, Any]]:
    rows = np.array([row for row, _, _ in known])
    classes = len(fit.classes)
    score = np.clip([score for *_, score in known], 1.0 / classes, 0.999)
    model = np.repeat(((1.0 - score) / (classes - 1))[:, None], classes, axis=1)
    model[np.arange(len(rows)), [code for _, code, _ in known]] = score
    errors = find_label_errors(labels[rows], model)
    return [
        {
            "task_id": fit.tasks[rows[one]],
            "label": fit.classes[labels[rows[one]]],
            "suggested": fit.classes[known[one][1]],
            "confidence": float(fit.probabilities[rows[one], labels[rows[one]]]),
            "why": f"a model says {fit.classes[known[one][1]]} with {100 * score[one]:.0f} %",
        }
        for one in errors.candidates[:_MOST_CANDIDATES].tolist()
    ]


def _doubted_by_people(
    codes: AnswerCodes, fit: DawidSkeneFit, labels: Codes
) -> list[dict[str, Any]]:
    classes = len(fit.classes)
    votes = np.bincount(codes.task * classes + codes.label, minlength=len(fit.tasks) * classes)
    table = votes.reshape(len(fit.tasks), classes)
    sure = fit.probabilities[np.arange(len(labels)), labels] if len(labels) else np.zeros(0)
    several = table.sum(axis=1) > 1
    order = np.argsort(sure, kind="stable")
    doubtful = [row for row in order.tolist() if several[row] and sure[row] < _SURE]
    return [
        {
            "task_id": fit.tasks[row],
            "label": fit.classes[labels[row]],
            "suggested": fit.classes[_second(fit.probabilities[row], int(labels[row]))],
            "confidence": float(sure[row]),
            "why": "people said "
            + ", ".join(f"{fit.classes[code]} {table[row, code]}x" for code in _given(table[row])),
        }
        for row in doubtful[:_MOST_CANDIDATES]
    ]


def _second(chances: Floats, first: int) -> int:
    others = chances.copy()
    others[first] = -1.0
    return int(others.argmax())


def _given(votes: NDArray[Any]) -> list[int]:
    order = np.argsort(-votes, kind="stable").tolist()
    return [code for code in order if votes[code]]


def signals_of(seen: Seen) -> tuple[Signal, ...]:
    """Watch pace, likeness, attention and drift; evidence for a human, never a verdict."""
    codes = seen.codes
    if len(codes) == 0:
        return ()
    tasks = codes.task
    people = np.array(codes.workers, dtype=object)[codes.worker].tolist()
    shared = agreement_with_others(codes.task, codes.worker, codes.label)
    timed = np.flatnonzero(seen.seconds > 0.0)
    found: list[Signal] = []
    if len(timed):
        pace = loaded("watch.too_fast", find_too_fast)(
            tasks[timed],
            [people[row] for row in timed],
            seen.seconds[timed],
            agreement=shared[timed],
        )
        found += pace.signals
    once, rows, _ = take_answers(tasks, people, codes.label)
    expected = expect(once)
    found += loaded("watch.too_alike", likeness_of)(expected).signals
    order = seen.when[rows].astype(np.float64)
    found += loaded("watch.straight_lining", straightness_of)(expected, order).signals
    compared = np.flatnonzero(~np.isnan(shared))
    if len(compared):
        agreed = shared[compared] > 0.5
        who = [people[row] for row in compared]
        found += loaded("watch.drift", find_drift)(who, agreed, order=seen.when[compared]).signals
    return tuple(found)
