"""How people answer gold tasks, with intervals: evidence, not a mark.

Two intervals for every share. `exact` (Clopper, Pearson 1934) holds when one looks once.
`always` (Robbins 1970) holds at all times at once, and is the one to show on a page that is
looked at after every answer; the sentence quotes it unless told otherwise. See `intervals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairhand.quality.frames import Column, answer_columns
from fairhand.quality.systems import watcher
from fairhand.quality.watch.corrections import e_benjamini_hochberg
from fairhand.quality.watch.intervals import (
    LEVEL,
    anytime_interval,
    exact_interval,
    jeffreys_interval,
    log_e_value,
)
from fairhand.quality.watch.signal import Signal, between, in_order, percent, strength_of_evidence

_OTHERWISE = (
    "Some gold answers may be wrong, or right only for who read the newest guidelines.",
    "The gold tasks may be harder than the others, or of a kind this person had not met.",
    "The guidelines may not say what to do; then many people miss the same gold tasks.",
)


@dataclass(frozen=True, slots=True)
class GoldShare:
    """So many right of so many gold tasks, and what share that may be in truth.

    `exact` for one look, `always` for any number of looks, `belief` the posterior mean and
    interval under Jeffreys' prior; all shares in 0..1.
    """

    right: int
    of: int
    exact: tuple[float, float]
    always: tuple[float, float]
    belief: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class GoldScore:
    """A person's gold tasks: in all, by the true class, and in words.

    `evidence_below` is the natural logarithm of an anytime-valid e-value against "as good as
    everybody else together"; `others` is how good these are. Zero when there is nobody else.
    """

    person: Any
    total: GoldShare
    by_class: Mapping[Any, GoldShare]
    others: float | None
    evidence_below: float
    sentence: str


@dataclass(frozen=True, slots=True)
class GoldScores:
    """One score a person, by name; `crowd` is everybody together."""

    people: tuple[GoldScore, ...]
    crowd: GoldShare
    warnings: tuple[str, ...]


@watcher(
    "gold",
    "Counts how many gold tasks each person answered as known, with an interval.",
    ("answers to gold tasks", "their known answers"),
    [("gold tasks", "all", "each counts once; those that were overturned count for nobody")],
)
def score_gold(
    task: object,
    worker: Column | None = None,
    label: Column | None = None,
    *,
    truth: Mapping[Any, Any],
    watched: bool = True,
    level: float = LEVEL,
) -> GoldScores:
    """Score answers to gold tasks: three columns or one table (task, worker, label).

    `truth` gives each gold task's answer; answers to other tasks are left out. A person's first
    answer to a gold task counts, as later ones may be remembered. `watched` says that one looks
    again and again, and puts the wider interval into the sentence. Raises ValueError for a
    missing value or columns of different length.
    """
    tasks, people, labels = answer_columns(task, worker, label, ("task", "worker", "label"))
    rows, repeated = _gold_rows(tasks, people, labels, truth)
    by_person: dict[Any, list[tuple[Any, bool]]] = {}
    for person, klass, right in rows:
        by_person.setdefault(person, []).append((klass, right))
    names = sorted(by_person, key=str)
    cells: list[tuple[Any, Any]] = [(None, None)]
    for name in names:
        classes = sorted({klass for klass, _ in by_person[name]}, key=str)
        cells += [(name, None), *((name, (klass,)) for klass in classes)]
    shares: dict[Any, dict[Any, GoldShare]] = {}
    for (name, cell), share in zip(cells, _shares(cells, by_person, rows, level), strict=True):
        shares.setdefault(name, {})[cell] = share
    total = shares[None][None]
    scores = tuple(_score(name, shares[name], total, watched) for name in names)
    return GoldScores(scores, total, _warnings(rows, repeated))


def _shares(
    cells: list[tuple[Any, Any]],
    by_person: dict[Any, list[tuple[Any, bool]]],
    rows: list[tuple[Any, Any, bool]],
    level: float,
) -> list[GoldShare]:
    """Count each cell (person, class in a tuple; None is all) and give all intervals at once."""
    counts = []
    for person, klass in cells:
        found = by_person[person] if person is not None else [row[1:] for row in rows]
        own = [right for of, right in found if klass is None or of == klass[0]]
        counts.append((sum(own), len(own)))
    right, of = np.array(counts, dtype=np.float64).T
    columns = (
        *exact_interval(right, of, level),
        *anytime_interval(right, of, level),
        *jeffreys_interval(right, of, level),
    )
    return [
        GoldShare(*count, (row[0], row[1]), (row[2], row[3]), (row[4], row[5], row[6]))
        for count, row in zip(counts, np.stack(columns, axis=1).tolist(), strict=True)
    ]


def gold_signals(
    scores: GoldScores, *, false_share: float = 0.05, slack: float = 0.05
) -> tuple[Signal, ...]:
    """Point out people whose gold answers are below everybody else's by more than `slack`.

    Of the people pointed out at most `false_share` on average have nothing the matter, however
    often one looks and however many people there are (e-values, Wang and Ramdas 2022).
    """
    compared = [score for score in scores.people if score.others is not None]
    against = [_evidence(score.total, (score.others or 0.0) - slack) for score in compared]
    adjusted = e_benjamini_hochberg(against)
    limit = -np.log(false_share)
    return in_order(
        _signal(score, float(evidence))
        for score, evidence in zip(compared, adjusted, strict=True)
        if evidence >= limit
    )


def _signal(score: GoldScore, evidence: float) -> Signal:
    others = score.others or 0.0
    return Signal(
        kind="gold",
        people=(score.person,),
        evidence={
            "right": float(score.total.right),
            "of": float(score.total.of),
            "low": score.total.always[0],
            "high": score.total.always[1],
            "others": others,
        },
        strength=strength_of_evidence(evidence),
        sentence=f"{score.sentence} The others together: {percent(others)} %.",
        what_would_explain_it_otherwise=_OTHERWISE,
    )


def _gold_rows(
    tasks: Column, people: Column, labels: Column, truth: Mapping[Any, Any]
) -> tuple[list[tuple[Any, Any, bool]], int]:
    """List (person, true class, right) of first answers to gold tasks, and count later ones."""
    if not len(tasks) == len(people) == len(labels):
        raise ValueError(
            f"task, worker and label must have one length; they have {len(tasks)}, "
            f"{len(people)} and {len(labels)}"
        )
    seen: set[tuple[Any, Any]] = set()
    rows, repeated = [], 0
    columns = (_plain(tasks), _plain(people), _plain(labels))
    for row, (task, person, label) in enumerate(zip(*columns, strict=True)):
        if any(value is None or value != value for value in (task, person, label)):
            raise ValueError(f"a task, worker or label is missing in row {row}")
        if task not in truth:
            continue
        if (person, task) in seen:
            repeated += 1
            continue
        seen.add((person, task))
        rows.append((person, truth[task], bool(label == truth[task])))
    return rows, repeated


def _plain(column: Column) -> Sequence[Any]:
    values: Sequence[Any] = column.tolist() if isinstance(column, np.ndarray) else column
    return values


def _warnings(rows: list[tuple[Any, Any, bool]], repeated: int) -> tuple[str, ...]:
    found = []
    if not rows:
        found.append("Nobody has answered a gold task yet.")
    if repeated:
        found.append(
            f"{repeated} answers were left out: the person had answered that gold task before."
        )
    return tuple(found)


def _score(
    name: object, shares: Mapping[Any, GoldShare], total: GoldShare, watched: bool
) -> GoldScore:
    own = shares[None]
    by_class = {cell[0]: share for cell, share in shares.items() if cell}
    rest = total.of - own.of
    others = (total.right - own.right) / rest if rest else None
    against = 0.0 if others is None else _evidence(own, others)
    low, high = own.always if watched else own.exact
    sentence = f"{name}: {own.right} right of {own.of} gold tasks: {between(low, high)}."
    return GoldScore(name, own, by_class, others, against, sentence)


def _evidence(own: GoldShare, share: float) -> float:
    """Evidence that the share is lower; none when what was seen is not lower."""
    if share <= 0.0 or own.of == 0 or own.right >= share * own.of:
        return 0.0
    return max(0.0, float(log_e_value(own.right, own.of, min(share, 1.0 - 1e-9))))
