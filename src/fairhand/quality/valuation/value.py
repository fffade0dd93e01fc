"""What each row, class and contributor adds to a nearest-neighbour classifier, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats, encode
from fairhand.quality.valuation.duplicates import TOLERANCE, merge_near_duplicates
from fairhand.quality.valuation.knn_shapley import TestSums, Utility, game_of, sum_over_tests

SEED = 20190811
"""Of the bootstrap where the caller brings no generator."""

_FEW_TESTS = 300
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """What the rows of one contributor or class are worth together, with a 95 % interval."""

    name: Any
    rows: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class DataValue:
    """Shapley values of rows; they add up to `gain`.

    `values`, `low`, `high` (one per row; normal 95 % intervals over test points) and `stands_for`,
    the row that each row is a near-duplicate of (itself, if none). `gain` is what all rows are
    worth over none at all, between 0 and 1: the share of right votes among the K neighbours.
    `by_contributor` and `by_class` are sums with bootstrap intervals over test points.
    """

    values: Floats
    low: Floats
    high: Floats
    stands_for: Codes
    gain: float
    by_contributor: tuple[Share, ...]
    by_class: tuple[Share, ...]
    warnings: tuple[str, ...]


def knn_shapley(
    features: NDArray[Any],
    label: Sequence[Any] | NDArray[Any],
    test_features: NDArray[Any],
    test_label: Sequence[Any] | NDArray[Any],
    *,
    k: int = 10,
    contributor: Sequence[Any] | NDArray[Any] | None = None,
    distance: Literal["euclidean", "cosine"] = "euclidean",
    utility: Utility = "votes",
    tolerance: float | None = TOLERANCE,
    share: Literal["equal", "first"] = "equal",
    rng: np.random.Generator | None = None,
    resamples: int = 1_000,
) -> DataValue:
    """Value training rows (features: rows x dimensions) by the test points they help to get right.

    Near-duplicates of one label count as one row (`duplicates`; `tolerance=None` turns that off).
    Its value is shared equally by their contributors, and among each one's rows; with
    `share="first"` the first row of them has it all, which is right where rows come in the order
    of contribution. Raises ValueError for empty or unequal input, or a feature that is not finite.
    """
    train, tests = _matrix(features, "features"), _matrix(test_features, "test_features")
    _check(train, label, tests, test_label, k, contributor)
    if distance == "cosine":
        train, tests = _unit(train, "features"), _unit(tests, "test_features")
    codes = encode(range(len(train)), range(len(train)), label)
    wanted = _known(codes.classes, test_label)
    stands_for = np.arange(len(train))
    if tolerance is not None:
        stands_for = merge_near_duplicates(train, codes.label, tolerance)
    people = contributor if contributor is not None else ["all"] * len(train)
    names = encode(range(len(train)), people, label)
    players, player = np.unique(stands_for, return_inverse=True)
    part = _parts(player, names.worker, share)
    classes = len(codes.classes)
    entries = np.concatenate([player, player])
    groups = np.concatenate([codes.label, classes + names.worker])
    sums = sum_over_tests(
        (train if len(players) == len(train) else train[players], codes.label[players]),
        (tests, wanted),
        game := game_of(len(players), k, max(classes, 2), utility),
        _joined(entries, groups, np.tile(part, 2), classes + len(names.workers)),
    )
    dice = rng or np.random.default_rng(SEED)
    shares = shares_of_groups(sums.groups, dice, resamples)
    of_class = _named(codes.classes, codes.label, shares[:classes])
    of_people = (
        _named(names.workers, names.worker, shares[classes:]) if contributor is not None else ()
    )
    gain = float(sums.worth.mean() - game.empty)
    notes = warnings_of(tests, tolerance, stands_for, sums, gain, share)
    return DataValue(*_of_rows(sums, player, part), stands_for, gain, of_people, of_class, notes)


def _parts(player: Codes, person: Codes, share: str) -> Floats:
    """Each row's part of the value of the player that it belongs to."""
    if share == "first":
        first = np.unique(player, return_index=True)[1]
        part = np.zeros(len(player))
        part[first] = 1.0
        return part
    people = int(person.max(initial=0)) + 1
    pairs, pair, rows = np.unique(player * people + person, return_inverse=True, return_counts=True)
    people_of = np.bincount(pairs // people)
    parts: Floats = 1.0 / (people_of[player] * rows[pair])
    return parts


def _joined(
    player: Codes, group: Codes, part: Floats, groups: int
) -> tuple[Codes, Codes, Floats, int]:
    """Add up the parts that one player gives to one group."""
    pairs, pair = np.unique(player * groups + group, return_inverse=True)
    return pairs // groups, pairs % groups, np.bincount(pair, part).astype(np.float64), groups


def _of_rows(sums: TestSums, player: Codes, part: Floats) -> tuple[Floats, Floats, Floats]:
    tests = len(sums.worth)
    mean = sums.values / tests
    spread = np.sqrt(np.maximum(sums.squares / tests - mean**2, 0.0) / max(tests - 1, 1))
    value, reach = mean[player] * part, _Z * spread[player] * part
    return value, value - reach, value + reach


def shares_of_groups(groups: Floats, rng: np.random.Generator, resamples: int) -> Floats:
    """Value, low and high of each group: resampled are test points."""
    tests = len(groups)
    times = rng.multinomial(tests, np.full(tests, 1 / tests), size=resamples)
    low, high = np.quantile(times @ groups / tests, [0.025, 0.975], axis=0)
    return np.column_stack([groups.mean(axis=0), low, high])


def _named(names: Sequence[Any], code: Codes, shares: Floats) -> tuple[Share, ...]:
    rows = np.bincount(code, minlength=len(names)).tolist()
    return tuple(
        Share(name, count, *row)
        for name, count, row in zip(names, rows, shares.tolist(), strict=True)
    )


def warnings_of(
    tests: Floats,
    tolerance: float | None,
    stands_for: Codes,
    sums: TestSums,
    gain: float,
    share: Literal["equal", "first"],
) -> tuple[str, ...]:
    """Say what whoever reads the values has to know."""
    notes = []
    if len(tests) < _FEW_TESTS:
        notes.append(f"only {len(tests)} test points: shares are noisy, see their intervals")
    merged = int((stands_for != np.arange(len(stands_for))).sum())
    if merged:
        whose = "share the value of" if share == "equal" else "leave their value to"
        notes.append(f"{merged} rows are near-duplicates and {whose} the row they repeat")
    reach = (tolerance or 0.0) * np.sqrt((tests**2).sum(axis=1))
    if leaked := int((np.sqrt(sums.nearest) <= reach).sum()):
        notes.append(f"{leaked} test points are near-duplicates of rows that are valued by them")
    if gain <= 0:
        notes.append("the rows together are worth nothing: their shares mean nothing")
    return tuple(notes)


def _matrix(table: NDArray[Any], name: str) -> Floats:
    found = np.ascontiguousarray(table, dtype=np.float64)
    if found.ndim != 2 or 0 in found.shape:
        raise ValueError(f"{name} must be rows x dimensions, neither of them 0")
    if not (fine := np.isfinite(found).all(axis=1)).all():
        raise ValueError(f"{name} has a value that is not finite in row {int(fine.argmin())}")
    return found


def _check(
    train: Floats, label: Sequence[Any] | NDArray[Any], tests: Floats,
    test_label: Sequence[Any] | NDArray[Any], k: int,
    contributor: Sequence[Any] | NDArray[Any] | None,
) -> None:  # fmt: skip
    for name, rows, column in (
        ("label", train, label),
        ("test_label", tests, test_label),
        ("contributor", train, contributor if contributor is not None else train),
    ):
        if len(rows) != len(column):
            raise ValueError(f"{name} has {len(column)} entries for {len(rows)} rows of features")
    if train.shape[1] != tests.shape[1]:
        raise ValueError(f"rows have {train.shape[1]} dimensions and test points {tests.shape[1]}")
    if k < 1:
        raise ValueError("k, the number of neighbours, must be 1 or more")


def _unit(rows: Floats, name: str) -> Floats:
    length = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    if (length == 0).any():
        raise ValueError(f"{name} row {int(length.argmin())} is all zero: it has no direction")
    unit: Floats = rows / length
    return unit


def _known(classes: Sequence[Any], label: Sequence[Any] | NDArray[Any]) -> Codes:
    """Codes of the test labels; a label that no row has is -1: nobody votes for it."""
    found = encode(range(len(label)), range(len(label)), label)
    place = {name: code for code, name in enumerate(classes)}
    return np.array([place.get(name, -1) for name in found.classes], dtype=np.intp)[found.label]
