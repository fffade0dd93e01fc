"""How a model does on parts of the tasks, and which differences chance would not make.

A slice is one value of one field of the tasks' data: a language, a region, a device, a group.
Slices of fewer than `LEAST` tasks are counted and not shown. Each slice is held against the rest of
its field's tasks; the intervals hold for all of them at once (Bonferroni: O. J. Dunn: Multiple
comparisons among means, JASA 56, 1961), so that looking at thirty slices does not find one by luck.
Differences of shares: R. G. Newcombe, Statistics in Medicine 17 (1998), method 10; of means: B. L.
Welch, Biometrika 34 (1947).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from fairhand.quality.evaluation.judged import (
    LEVEL,
    Codes,
    Estimate,
    Floats,
    mean_estimate,
    student,
    wilson,
)

LEAST = 10
"""Fewer tasks, or fewer people, make no slice."""
MOST_FIELDS = 8
MOST_VALUES = 30
_LONGEST = 60
_CROSSED = 3
_SURE = 1.0 - 1e-12


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of the tasks: its score, and the gap to the rest with simultaneous interval.

    `claimed` is the mean score claimed there, None without scores. `verdict` is "lower", "higher"
    or "" where chance could make the gap.
    """

    field: str
    value: str
    score: Estimate
    claimed: float | None
    gap: float
    gap_low: float
    gap_high: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a field has in slices too small to show."""

    field: str
    values: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """A part of the tasks by two fields at once: its score only."""

    name: str
    score: Estimate


@dataclass(frozen=True, slots=True)
class Slices:
    """Every slice, worst gap first; what was too small; how many comparisons were made."""

    parts: tuple[Slice, ...]
    hidden: tuple[Hidden, ...]
    crossings: tuple[Crossing, ...]
    comparisons: int


def choose_fields(rows: Iterable[Mapping[str, Any]], wanted: Sequence[str] = ()) -> list[str]:
    """Choose the fields to slice by: those asked for, else those with few values that recur."""
    if wanted:
        return list(dict.fromkeys(wanted))[:MOST_FIELDS]
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    barred: set[str] = set()
    for row in rows:
        for name, value in row.items():
            if name in barred:
                continue
            text = slice_value(value)
            if text is None or len(seen[name]) > MOST_VALUES:
                barred.add(name)
                continue
            seen[name][text] += 1
    fit = [
        name
        for name, values in seen.items()
        if name not in barred
        and len(values) >= 2
        and sum(count >= LEAST for count in values.values()) >= 2
    ]
    return fit[:MOST_FIELDS]


def slice_value(value: object) -> str | None:
    """Write a value of a task's data as the name of a slice; None for what makes none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST:
        return " ".join(value.split())
    return None


def measure_slices(
    fields: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    matched: Floats,
    scores: Floats | None = None,
    *,
    least: int = LEAST,
) -> Slices:
    """Measure every slice of the fields; `rows` map field to value, `matched` is 0 to 1 a task."""
    groups = {field: _groups(field, rows) for field in fields}
    shown = {
        field: {value: at for value, at in found.items() if len(at) >= least}
        for field, found in groups.items()
    }
    everywhere = {
        field: np.concatenate(list(found.values())) for field, found in groups.items() if found
    }
    # A slice is compared where the rest is large enough to compare it with.
    compared = [
        (field, value, at)
        for field, values in shown.items()
        for value, at in values.items()
        if len(everywhere[field]) - len(at) >= least
    ]
    comparisons = len(compared)
    level = 1 - (1 - LEVEL) / max(1, comparisons)
    parts = [
        _slice(field, value, at, np.setdiff1d(everywhere[field], at), matched, scores, level)
        for field, value, at in compared
    ]
    hidden = [
        Hidden(field, len(found) - len(shown[field]), _tasks(found) - _tasks(shown[field]))
        for field, found in groups.items()
        if len(shown[field]) < len(found)
    ]
    return Slices(
        tuple(sorted(parts, key=lambda one: (one.gap, one.field, one.value))),
        tuple(hidden),
        _crossings(fields[:_CROSSED], rows, matched, least),
        comparisons,
    )


def difference(one: Floats, other: Floats, level: float) -> tuple[float, float, float]:
    """Mean of one less mean of the other with its interval; both are in 0..1 and not empty."""
    gap = float(one.mean() - other.mean())
    both = np.concatenate([one, other])
    if bool(((both == 0) | (both == 1)).all()):
        p, q = float(one.mean()), float(other.mean())
        low_1, high_1 = wilson(float(one.sum()), len(one), level)
        low_2, high_2 = wilson(float(other.sum()), len(other), level)
        low = gap - math.hypot(p - low_1, high_2 - q)
        high = gap + math.hypot(high_1 - p, q - low_2)
        return gap, max(-1.0, low), min(1.0, high)
    if min(len(one), len(other)) < 2:
        return gap, -1.0, 1.0
    first, second = (float(part.var(ddof=1)) / len(part) for part in (one, other))
    spread = first + second
    if spread <= 0:
        return gap, gap, gap
    freedom = spread**2 / (first**2 / (len(one) - 1) + second**2 / (len(other) - 1))
    half = student(freedom, min(level, _SURE)) * math.sqrt(spread)
    return gap, max(-1.0, gap - half), min(1.0, gap + half)


def _groups(field: str, rows: Sequence[Mapping[str, str]]) -> dict[str, Codes]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        if field in row:
            found[row[field]].append(at)
    return {value: np.array(places, dtype=np.intp) for value, places in found.items()}


def _tasks(groups: Mapping[str, Codes]) -> int:
    return sum(map(len, groups.values()))


def _slice(
    field: str,
    value: str,
    inside: Codes,
    rest: Codes,
    matched: Floats,
    scores: Floats | None,
    level: float,
) -> Slice:
    gap, low, high = difference(matched[inside], matched[rest], level)
    verdict = "lower" if high < 0 else "higher" if low > 0 else ""
    claimed = None if scores is None else float(scores[inside].mean())
    return Slice(field, value, mean_estimate(matched[inside]), claimed, gap, low, high, verdict)


def _crossings(
    fields: Sequence[str], rows: Sequence[Mapping[str, str]], matched: Floats, least: int
) -> tuple[Crossing, ...]:
    """Measure two fields at once, worst first: a gap may hide where two slices meet."""
    found = []
    for one, other in combinations(fields, 2):
        crossed = [
            {"both": f"{one} = {row[one]}, {other} = {row[other]}"}
            if one in row and other in row
            else {}
            for row in rows
        ]
        found += [
            Crossing(name, mean_estimate(matched[at]))
            for name, at in _groups("both", crossed).items()
            if len(at) >= least
        ]
    return tuple(sorted(found, key=lambda part: (part.score.value, part.name)))
