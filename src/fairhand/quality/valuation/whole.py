"""Values in whole numbers that anybody gets again: features on a grid, rows of several people.

Features are put on a grid of whole numbers, so that distances are exact sums on every machine, and
values are rounded to thousand-millionths of what all rows together are worth. Of near-duplicates
the first row has the whole value: who copies it later gets nothing by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats, encode
from fairhand.quality.valuation.duplicates import TOLERANCE, merge_near_duplicates
from fairhand.quality.valuation.knn_shapley import TestSums, game_of, sum_over_tests
from fairhand.quality.valuation.value import SEED, Share, shares_of_groups, warnings_of

NANO: Final = 1_000_000_000
GRID: Final = 4_096
RESAMPLES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in the order of contribution: features on the grid, labels, who and what slice."""

    features: NDArray[np.int16]
    labels: Sequence[str]
    people: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class WholeValues:
    """Values of rows in nano, the row that each repeats, and shares with 95 % intervals."""

    nano: tuple[int, ...]
    stands_for: tuple[int, ...]
    gain: float
    by_person: tuple[Share, ...]
    by_class: tuple[Share, ...]
    warnings: tuple[str, ...]


def on_grid(features: NDArray[Any]) -> NDArray[np.int16]:
    """Bring rows to length one and to whole numbers, GRID to one; a row of zeros stays."""
    wide = np.asarray(features, dtype=np.float64)
    if wide.ndim != 2 or not np.isfinite(wide).all():
        raise ValueError("features must be rows x dimensions, all of them finite")
    length = np.sqrt((wide**2).sum(axis=1, keepdims=True))
    unit = np.divide(wide, length, out=np.zeros_like(wide), where=length > 0)
    whole: NDArray[np.int16] = np.rint(unit * GRID).astype(np.int16)
    return whole


def value_in_whole(train: Rows, tests: Rows, *, k: int) -> WholeValues:
    """Value training rows by the test rows; the same input gives the same numbers everywhere.

    A row's value is shared equally by its people. Raises ValueError for empty or unequal input.
    """
    _check(train, tests, k)
    features, points = train.features.astype(np.float64), tests.features.astype(np.float64)
    numbers = range(len(train.labels))
    codes = encode(numbers, numbers, list(train.labels))
    stands_for = merge_near_duplicates(features, codes.label, TOLERANCE)
    players = np.unique(stands_for)
    names, groups = _groups(train, players, codes.label, len(codes.classes))
    place = {str(name): code for code, name in enumerate(codes.classes)}
    wanted = np.array([place.get(label, -1) for label in tests.labels], dtype=np.intp)
    game = game_of(len(players), k, max(len(codes.classes), 2), "votes")
    sums = sum_over_tests((features[players], codes.label[players]), (points, wanted), game, groups)
    values = np.zeros(len(train.labels))
    values[players] = sums.values / len(tests.labels)
    found = shares_of_groups(sums.groups, np.random.default_rng(SEED), RESAMPLES)
    rows = np.bincount(
        np.concatenate([codes.label[players], groups[1][len(players) :]]), minlength=len(found)
    )
    shares = [
        Share(name, int(count), *one)
        for name, count, one in zip(
            [*map(str, codes.classes), *names], rows, found.tolist(), strict=True
        )
    ]
    classes = len(codes.classes)
    return WholeValues(
        tuple(int(one) for one in np.rint(values * NANO)),
        tuple(stands_for.tolist()),
        float(sums.worth.mean()),
        tuple(shares[classes:]),
        tuple(shares[:classes]),
        _notes(points, stands_for, sums),
    )


def _notes(points: Floats, stands_for: Codes, sums: TestSums) -> tuple[str, ...]:
    return warnings_of(points, TOLERANCE, stands_for, sums, float(sums.worth.mean()), "first")


def _groups(
    train: Rows, players: Codes, label: Codes, classes: int
) -> tuple[list[str], tuple[Codes, Codes, Floats, int]]:
    """Entries (player, group, part): each player's class, then its people in equal parts."""
    names = sorted({name for people in train.people for name in people})
    place = {name: classes + number for number, name in enumerate(names)}
    entries, groups, parts = (
        list(range(len(players))),
        label[players].tolist(),
        [1.0] * len(players),
    )
    for number, row in enumerate(players.tolist()):
        people = sorted(set(train.people[row]))
        entries += [number] * len(people)
        groups += [place[name] for name in people]
        parts += [1.0 / len(people)] * len(people)
    return names, (
        np.array(entries, dtype=np.intp),
        np.array(groups, dtype=np.intp),
        np.array(parts),
        classes + len(names),
    )


def _check(train: Rows, tests: Rows, k: int) -> None:
    for name, rows in (("training", train), ("test", tests)):
        if (
            not len(rows.labels)
            or len({len(rows.features), len(rows.labels), len(rows.people)}) > 1
        ):
            raise ValueError(f"the {name} rows are none, or not as many as their labels and people")
    if train.features.shape[1] != tests.features.shape[1]:
        raise ValueError("training and test rows have different numbers of features")
    if k < 1:
        raise ValueError("k, the number of neighbours, must be 1 or more")
