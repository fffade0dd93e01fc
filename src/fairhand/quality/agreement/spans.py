"""Agreement on spans: where they are, and what they are called. Like gamma, not gamma itself.

After Y. Mathet, A. Widlöcher, J.-P. Métivier: The unified and holistic method gamma for
inter-annotator agreement measure and alignment (2015): two spans differ by the square of how far
their ends are apart over their summed length, and by one for unlike labels; a span without a
partner costs one; people's spans are aligned so that the sum is least; and agreement is one minus
that sum over what chance gives. Unlike gamma, people are aligned two by two (exactly, by optimal
assignment) and not all at once, and texts are pooled by the number of their spans. Chance moves
one person's spans round the text by a random distance and draws labels from all that they gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from fairhand.quality.aggregation.codes import Codes, Floats, encode
from fairhand.quality.agreement.result import Agreement, bounded
from fairhand.quality.agreement.sums import resampled
from fairhand.quality.frames import answer_columns

SEED = 20150301
"""Of shuffles and resamples where the caller brings no generator."""

_FEW_TEXTS = 30


@dataclass(frozen=True, slots=True)
class _Marks:
    """One person's spans of one text: ends (spans x 2), and label codes."""

    ends: Floats
    label: Codes


def span_agreement(
    task: object,
    worker: object | None = None,
    spans: object | None = None,
    *,
    lengths: Mapping[Any, float] | None = None,
    shuffles: int = 20,
    rng: np.random.Generator | None = None,
    resamples: int = 1_000,
    names: tuple[str, str, str] = ("task", "worker", "spans"),
) -> Agreement:
    """Measure agreement on spans beyond chance, with a 95 % bootstrap interval over texts.

    Takes three sequences or a table with the columns `names`. An answer is a list of
    `{"start", "end", "label"}` or `(start, end, label)`, in characters or seconds; an empty list
    says that there is nothing to mark. `lengths` maps a task to the length of its text or
    recording; without it a text ends with its last span, which understates agreement.
    1 is full agreement, 0 is chance. Raises ValueError, with the row, for anything else, for
    a person with two answers to a task, and for a span that leaves its text.
    """
    tasks, workers, answers = answer_columns(task, worker, spans, names)
    codes = encode(tasks, workers, np.arange(len(answers)))
    read = _read([_triples(row, answer) for row, answer in enumerate(answers)])
    _check_once(codes.task, codes.worker)
    ends = _lengths(codes.task, codes.tasks, read, lengths)
    dice = rng or np.random.default_rng(SEED)
    pools = _label_pools(codes.worker, read, len(codes.workers))
    rows, compared = [], 0
    for length, here in zip(ends, _rows_by_text(codes.task, len(ends)), strict=True):
        if len(here) >= 2:
            compared += len(here)
            marks = [(read[row], pools[codes.worker[row]]) for row in here]
            rows.append(_text(marks, length, dice, shuffles))
    notes = _notes(len(rows), len(codes.tasks), lengths)
    if not rows:
        return Agreement("gamma-like", None, None, None, 0, 0, len(codes.workers), notes)
    sums = resampled(np.array(rows), dice, resamples)
    ratio = np.full(len(sums), np.nan)
    np.divide(sums[:, 0], sums[:, 1], out=ratio, where=sums[:, 1] > 0)
    if sums[0, 1] == 0:
        notes = (*notes, "nobody marked anything: agreement cannot be told from chance")
    return Agreement(
        "gamma-like", *bounded(1 - ratio), len(rows), compared, len(codes.workers), notes
    )


def _rows_by_text(task: Codes, texts: int) -> list[Codes]:
    edges = np.cumsum(np.bincount(task, minlength=texts))[:-1]
    return np.split(np.argsort(task, kind="stable"), edges) if texts else []


def _text(
    marks: list[tuple[_Marks, Codes]], length: float, rng: np.random.Generator, shuffles: int
) -> tuple[float, float]:
    """Mean cost over one text's pairs of people: as they are, and by chance."""
    found, chance = [], []
    for (one, _), (other, pool) in combinations(marks, 2):
        found.append(_cost(one, other))
        moved = [_moved(other, length, pool, rng) for _ in range(shuffles)]
        chance.append(float(np.mean([_cost(one, again) for again in moved])))
    return float(np.mean(found)), float(np.mean(chance))


def _cost(one: _Marks, other: _Marks) -> float:
    """Least sum over alignments of what partners differ by, and one for each without."""
    alone = float(len(one.label) + len(other.label))
    if not len(one.label) or not len(other.label):
        return alone
    apart = np.abs(one.ends[:, np.newaxis] - other.ends).sum(axis=2)
    whole = np.diff(one.ends) + np.diff(other.ends).T
    unlike = one.label[:, np.newaxis] != other.label
    # Partners save the two that they would cost alone; where they save nothing, both stay alone.
    saved = np.minimum((apart / whole) ** 2 + unlike - 2.0, 0.0)
    return alone + float(saved[linear_sum_assignment(saved)].sum())


def _moved(marks: _Marks, length: float, pool: Codes, rng: np.random.Generator) -> _Marks:
    """Carry all spans round the text by one random distance, and draw their labels."""
    if not len(marks.label):
        return marks
    size = np.diff(marks.ends)[:, 0]
    room = np.maximum(length - size, 1e-9 * length)
    start = np.mod(marks.ends[:, 0] + rng.uniform(0, length), room)
    return _Marks(np.column_stack([start, start + size]), rng.choice(pool, len(marks.label)))


def _triples(row: int, spans: Any) -> list[tuple[float, float, Any]]:  # noqa: ANN401
    if spans is None or isinstance(spans, str | bytes | float):
        raise ValueError(
            f"row {row} has no list of spans; an empty list says that there is nothing to mark"
        )
    found = []
    for span in spans:
        try:
            start, end, label = (
                (span["start"], span["end"], span["label"]) if isinstance(span, Mapping) else span
            )
            inside = 0 <= float(start) < float(end) < np.inf
        except (KeyError, TypeError, ValueError):
            raise ValueError(
                f"row {row} has a span that is not start, end, label: {span!r}"
            ) from None
        if not inside:
            raise ValueError(f"row {row} has a span from {start} to {end}: nothing is inside")
        found.append((float(start), float(end), label))
    return found


def _read(answers: list[list[tuple[float, float, Any]]]) -> list[_Marks]:
    """Give every label a code; the order of an answer's spans says nothing."""
    given = [label for spans in answers for _, _, label in spans]
    names = encode(range(len(given)), range(len(given)), given)
    edges = np.cumsum([len(spans) for spans in answers])[:-1]
    return (
        [
            _Marks(np.array([span[:2] for span in spans], dtype=np.float64).reshape(-1, 2), label)
            for spans, label in zip(answers, np.split(names.label, edges), strict=True)
        ]
        if answers
        else []
    )


def _check_once(task: Codes, worker: Codes) -> None:
    keys = task * (int(worker.max(initial=0)) + 1) + worker
    _, first = np.unique(keys, return_index=True)
    if len(first) < len(keys):
        again = int(np.setdiff1d(np.arange(len(keys)), first)[0])
        raise ValueError(f"row {again} is a second answer of one person to one task; keep one")


def _lengths(
    task: Codes, tasks: tuple[Any, ...], read: list[_Marks], lengths: Mapping[Any, float] | None
) -> Floats:
    """Give the length of every text; ValueError where a span leaves it."""
    last: NDArray[np.float64] = np.zeros(len(tasks))
    np.maximum.at(last, task, [marks.ends.max(initial=0.0) for marks in read])
    if lengths is None:
        return last
    unknown = [name for name in tasks if name not in lengths]
    if unknown:
        raise ValueError(f"lengths has no entry for task {unknown[0]!r}")
    known = np.array([float(lengths[name]) for name in tasks])
    if (outside := last > known).any():
        raise ValueError(f"task {tasks[int(outside.argmax())]!r} has a span beyond its length")
    return known


def _label_pools(worker: Codes, read: list[_Marks], people: int) -> list[Codes]:
    pools: list[list[Codes]] = [[] for _ in range(people)]
    for person, marks in zip(worker.tolist(), read, strict=True):
        pools[person].append(marks.label)
    return [np.sort(np.concatenate(pool)) for pool in pools]


def _notes(compared: int, texts: int, lengths: Mapping[Any, float] | None) -> tuple[str, ...]:
    notes = []
    if compared == 0:
        return ("no text has two people's spans: there is nothing to compare",)
    if compared < _FEW_TEXTS:
        notes.append(f"only {compared} texts have two people's spans: the interval is rough")
    if compared < texts:
        notes.append(f"{texts - compared} texts have one person's spans only and are left out")
    if lengths is None:
        notes.append("lengths were not given: a text was taken to end with its last span")
    return tuple(notes)
