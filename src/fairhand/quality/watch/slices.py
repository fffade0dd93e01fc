"""How agreement differs between slices of the tasks and between groups of people.

Answers to one task, or of one person, are not independent: the spread comes from the sums by task
(for slices) or by person (for groups), and intervals are exact ones at the number of independent
answers that this amounts to (E. L. Korn, B. I. Graubard: Confidence intervals for proportions with
small expected number of positive counts, Survey Methodology 24, 1998). Differences from the rest
are corrected for their number (Benjamini and Hochberg 1995). Groups of people are shown only with
`k` people behind every figure (see `anonymity`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats, encode
from fairhand.quality.frames import Column
from fairhand.quality.watch.anonymity import LEAST_PEOPLE, hide_cells, merge_small_groups
from fairhand.quality.watch.corrections import benjamini_hochberg
from fairhand.quality.watch.intervals import clustered_share, difference_interval, exact_interval
from fairhand.quality.watch.signal import Signal, between, in_order, percent, strength_of_chance

NOT_SAID = "not said"
_Z = 1.959964
_OTHERWISE = (
    "The slice may hold harder tasks; that is a fact about the data, not about people.",
    "Labels or guidelines may fit this slice less well.",
    "People may see the question differently: then there is no one right answer to fall short of.",
)


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice or group against the rest; shares in 0..1 with 95 % intervals.

    `difference` is its share less the rest's, `chance` the probability of so large a one by
    coincidence and `adjusted` the same with all slices allowed for; None when there is no rest.
    """

    name: Any
    answers: int
    tasks: int
    people: int
    share: float
    low: float
    high: float
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    chance: float | None
    adjusted: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class SliceReport:
    """Slices by name, signals (about no person), and warnings."""

    slices: tuple[Slice, ...]
    signals: tuple[Signal, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CrossTable:
    """Groups x slices with totals last; NaN and hidden where k people are not behind a figure."""

    groups: tuple[Any, ...]
    slices: tuple[Any, ...]
    share: Floats
    answers: Floats
    hidden: NDArray[np.bool_]


def compare_slices(
    attribute: Column, task: Column, worker: Column, right: ArrayLike, *, false_share: float = 0.05
) -> SliceReport:
    """Compare slices of the tasks: `attribute` names each answer's slice.

    Four columns of one length. `right` is 0..1: right or not, agreement with others, or "was this
    label given". Raises ValueError for a missing value, a number outside 0..1 or unlike lengths.
    """
    value = _values(right, len(task))
    codes = encode(task, worker, attribute)
    return _report(codes, value, codes.task, false_share, ())


def compare_groups(
    group_of: Mapping[Any, Hashable],
    task: Column,
    worker: Column,
    right: ArrayLike,
    *,
    k: int = LEAST_PEOPLE,
    false_share: float = 0.05,
) -> SliceReport:
    """Compare groups of people, as they described themselves, by person.

    Groups under `k` people are joined as "other"; who said nothing is in "not said". With fewer
    than `k` people nothing is shown. Arguments and errors as in `compare_slices`.
    """
    value = _values(right, len(task))
    people = _list(worker)
    merged = _merged(group_of, people, k)
    if not merged or None in merged.values():
        return SliceReport((), (), (f"Fewer than {k} people: nothing is shown of groups.",))
    codes = encode(task, worker, [str(merged[person]) for person in people])
    warnings: tuple[str, ...] = ()
    if len(codes.classes) < 2:
        warnings = (f"Only one group has {k} people or more: there is nothing to compare.",)
    return _report(codes, value, codes.worker, false_share, warnings)


def cross_groups(
    group_of: Mapping[Any, Hashable],
    attribute: Column,
    worker: Column,
    right: ArrayLike,
    *,
    k: int = LEAST_PEOPLE,
) -> CrossTable:
    """Cross groups of people with slices of tasks; what cannot be shown safely is hidden.

    The last row and column are totals. No hidden figure can be computed from the shown ones.
    """
    value = _values(right, len(worker))
    people = _list(worker)
    merged = _merged(group_of, people, k)
    if not merged or None in merged.values():
        empty = np.full((1, 1), np.nan)
        return CrossTable((), (), empty, empty, np.ones((1, 1), dtype=np.bool_))
    codes = encode([str(merged[person]) for person in people], worker, attribute)
    answers, sums, heads = _cross(codes, value)
    hidden = hide_cells(heads, k)
    shown = ~hidden & (answers > 0)
    share = np.full(answers.shape, np.nan)
    np.divide(sums, answers, out=share, where=shown)
    counts = np.where(hidden, np.nan, answers)
    return CrossTable(codes.tasks, codes.classes, share, counts, hidden)


def _cross(codes: AnswerCodes, value: Floats) -> tuple[Floats, Floats, Codes]:
    """Answers, sums of values and different people by group (row) and slice, with totals."""
    rows, columns = len(codes.tasks), len(codes.classes)
    answers, sums = np.zeros((rows + 1, columns + 1)), np.zeros((rows + 1, columns + 1))
    heads = np.zeros((rows + 1, columns + 1), dtype=np.intp)
    everything = np.zeros_like(codes.task)
    for row, down in ((slice(rows), codes.task), (slice(rows, None), everything)):
        for column, across in ((slice(columns), codes.label), (slice(columns, None), everything)):
            part = answers[row, column]
            cell = down * part.shape[1] + across
            size = part.size
            answers[row, column] = np.bincount(cell, minlength=size).reshape(part.shape)
            sums[row, column] = np.bincount(cell, value, minlength=size).reshape(part.shape)
            seen = np.unique(cell * len(codes.workers) + codes.worker) // len(codes.workers)
            heads[row, column] = np.bincount(seen, minlength=size).reshape(part.shape)
    return answers, sums, heads


def _report(
    codes: AnswerCodes, value: Floats, cluster: Codes, false_share: float, warnings: tuple[str, ...]
) -> SliceReport:
    found = [_slice(codes, value, cluster, code) for code in range(len(codes.classes))]
    chances = [one.chance for one in found if one.chance is not None]
    adjusted = iter(benjamini_hochberg(chances).tolist())
    slices = tuple(_told(one, None if one.chance is None else next(adjusted)) for one in found)
    signals = in_order(
        _signal(one) for one in slices if one.adjusted is not None and one.adjusted <= false_share
    )
    return SliceReport(slices, signals, warnings if found else ("There are no answers yet.",))


def _slice(codes: AnswerCodes, value: Floats, cluster: Codes, code: int) -> Slice:
    inside = codes.label == code
    own = clustered_share(value[inside], cluster[inside])
    low, high = map(float, exact_interval(*own.counts))
    difference = least = most = chance = None
    if not inside.all():
        rest = clustered_share(value[~inside], cluster[~inside])
        difference = own.share - rest.share
        least, most = difference_interval(own.counts, rest.counts)
        chance = _chance(difference, least, most, min(own.clusters, rest.clusters))
    return Slice(
        name=codes.classes[code],
        answers=int(inside.sum()),
        tasks=len(np.unique(codes.task[inside])),
        people=len(np.unique(codes.worker[inside])),
        share=own.share,
        low=low,
        high=high,
        difference=difference,
        difference_low=least,
        difference_high=most,
        chance=chance,
        adjusted=None,
        sentence="",
    )


def _chance(difference: float, low: float, high: float, clusters: int) -> float:
    """Two-sided, by Student's t on the half of the interval that points towards no difference."""
    half = difference - low if difference > 0 else high - difference
    t = abs(difference) / max(half / _Z, 1e-12)
    return float(2.0 * special.stdtr(max(1, clusters - 1), -t))


def _told(one: Slice, adjusted: float | None) -> Slice:
    sentence = f"{one.name}: {percent(one.share)} % ({between(one.low, one.high)})"
    if one.difference is not None and adjusted is not None:
        points, word = 100 * abs(one.difference), "below" if one.difference < 0 else "above"
        sure = "beyond coincidence" if adjusted <= 0.05 else "which may be coincidence"
        sentence += f", {points:.0f} points {word} the rest, {sure}"
    return Slice(
        one.name, one.answers, one.tasks, one.people, one.share, one.low, one.high, one.difference,
        one.difference_low, one.difference_high, one.chance, adjusted, sentence + ".",
    )  # fmt: skip


def _signal(one: Slice) -> Signal:
    evidence = {
        "answers": float(one.answers),
        "tasks": float(one.tasks),
        "share": one.share,
        "low": one.low,
        "high": one.high,
        "difference": one.difference or 0.0,
    }
    return Signal(
        "slice", (), evidence, strength_of_chance(one.adjusted or 0.0), one.sentence, _OTHERWISE
    )


def _merged(
    group_of: Mapping[Any, Hashable], people: list[Any], k: int
) -> dict[Any, Hashable | None]:
    """Groups of the people who answered; a group counts those alone."""
    return merge_small_groups({who: group_of.get(who, NOT_SAID) for who in people}, k)


def _list(column: Column) -> list[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def _values(right: ArrayLike, size: int) -> Floats:
    value = np.asarray(right, dtype=np.float64)
    if value.shape != (size,):
        raise ValueError(f"right must hold one number for each of {size} answers")
    bad = ~((value >= 0) & (value <= 1))
    if bad.any():
        raise ValueError(f"right lies between 0 and 1; row {int(bad.argmax())} does not")
    return value
