"""Exact Shapley values of training rows for a nearest-neighbour classifier.

R. Jia et al.: Efficient task-specific data valuation for nearest neighbor algorithms (2019),
theorem 1: a set is worth the votes for the right label among its K rows nearest to a test point,
one K-th each. `utility="soft"` is the corrected game of J. T. Wang, R. Jia: A note on "Efficient
task-specific data valuation for nearest neighbor algorithms" (2023): the share of right labels
among the neighbours that there are, and a fair guess for the empty set.

In both games neighbours in the order of distance differ by a multiple of their difference in being
right, so that one sort per test point gives every row's value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.compiled import in_threads, kernel

Utility = Literal["votes", "soft"]

_CHUNK_CELLS = 8_000_000
_PARTS = 4
_LOOKED_AT = 1_024


@dataclass(frozen=True, slots=True)
class Game:
    """What a set of rows is worth for one test point.

    Values of neighbours i and i + 1 (from the nearest) differ by `steps[i]` for a right label; the
    farthest row gets `last` = (factor if right, factor of the other right rows, constant).
    """

    steps: Floats
    last: Floats
    empty: float
    voters: int


@dataclass(frozen=True, slots=True)
class TestSums:
    """Sums over the test points: of each player's value, of its square, and per test point of the
    values of each group (tests x groups). `worth` is what all players together are worth, and
    `nearest` the squared distance of the nearest player, both per test point.
    """

    values: Floats
    squares: Floats
    groups: Floats
    worth: Floats
    nearest: Floats


def game_of(players: int, k: int, classes: int, utility: Utility) -> Game:
    """Work out the factors of the recursion for so many players and neighbours."""
    place = np.arange(1, players, dtype=np.float64)
    if utility == "votes":
        steps = 1.0 / np.maximum(place, k)
        return Game(steps, np.array([1.0 / max(players, k), 0.0, 0.0]), 0.0, k)
    few = min(k, players)
    harmonic = float(np.sum(1.0 / np.arange(1, min(k, players - 1) + 1)))
    steps = np.full(players - 1, harmonic)
    if players > k:
        steps += np.minimum(place, k) * (players - 1) / (place * k) - 1.0
    steps /= max(players - 1, 1)
    tail = float(np.sum(1.0 / np.arange(2, few + 1))) / players
    others = -tail / (players - 1) if players > 1 else 0.0
    last = np.array([tail + 1.0 / players, others, -1.0 / (classes * players)])
    return Game(steps, last, 1.0 / classes, few)


def sum_over_tests(
    train: tuple[Floats, Codes],
    test: tuple[Floats, Codes],
    game: Game,
    groups: tuple[Codes, Codes, Floats, int],
) -> TestSums:
    """Add up the values of all test points, a bounded number of them at a time.

    `train` and `test` are features (rows x dimensions) and label codes; `groups` are entries
    (player, group, part of the player's value) and the number of groups. Distances are compared
    to 24 bits; of equal ones the earlier row counts as the nearer.
    """
    centre = _centre(train[0], test[0])
    rows, points = train[0] - centre, test[0] - centre
    lengths, n = np.einsum("ij,ij->i", rows, rows), len(rows)
    labels = train[1].astype(np.int64)
    sums = TestSums(
        np.zeros(n), np.zeros(n), np.zeros((len(points), groups[3])), np.zeros(len(points)),
        np.zeros(len(points)),
    )  # fmt: skip
    step = max(1, _CHUNK_CELLS // n)
    add_test = _add_test.for_work(n * len(points))
    for start in range(0, len(points), step):
        chunk = slice(start, start + step)
        squared = points[chunk] @ rows.T
        squared *= -2.0  # in place: at this size, memory is what takes time
        squared += lengths
        squared += (points[chunk] ** 2).sum(1)[:, None]
        np.maximum(squared, 0.0, out=squared)
        gaps = squared.astype(np.float32)
        sums.nearest[chunk] = gaps.min(axis=1)

        def add(low: int, high: int, gaps: NDArray[np.float32] = gaps, at: int = start) -> Floats:
            found = np.zeros((2, n))
            order, spare = np.empty(n, np.int64), np.empty(n, np.int64)
            for place in range(low, high):
                if add_test is _add_test:
                    _sort(gaps[place].view(np.uint32), order, spare)
                else:
                    order[:] = np.argsort(gaps[place], kind="stable")
                wanted = int(test[1][at + place])
                sums.worth[at + place] = add_test(
                    order, labels, wanted, game.steps, game.last, game.voters, found,
                    groups[0], groups[1], groups[2], sums.groups[at + place],
                )  # fmt: skip
            return found

        # A set number of parts: sums come out the same on a machine with other cores.
        edges = [len(gaps) * part // _PARTS for part in range(_PARTS + 1)]
        for found in in_threads(add, edges):
            sums.values[:] += found[0]
            sums.squares[:] += found[1]
    return sums


def _centre(rows: Floats, points: Floats) -> Floats:
    """Middle of the rows, for distances without loss; whole where all features are whole.

    Sums of products of whole numbers are exact in any order, so that every machine gets them alike.
    """
    centre: Floats = rows.mean(axis=0)
    return np.rint(centre) if _is_whole(points) and _is_whole(rows) else centre


def _is_whole(table: Floats) -> bool:
    """Say whether all is whole; looks a part at a time, as the first one mostly says that not."""
    parts = (table[start : start + _LOOKED_AT] for start in range(0, len(table), _LOOKED_AT))
    return all(bool((part == np.rint(part)).all()) for part in parts)


@kernel
def _sort(bits: NDArray[np.uint32], order: Codes, spare: Codes) -> None:
    """Put into `order` the rows by distance, then by row: three passes of a stable radix sort.

    `bits` are those of distances: floats that are not negative sort as their bits do.
    """
    n = len(bits)
    starts = np.zeros((3, 2048), np.int64)
    for row in range(n):
        bit = bits[row]
        starts[0, bit & 2047] += 1
        starts[1, (bit >> 11) & 2047] += 1
        starts[2, bit >> 22] += 1
    for turn in range(3):
        before = 0
        for digit in range(2048):
            count = starts[turn, digit]
            starts[turn, digit] = before
            before += count
    for row in range(n):
        digit = bits[row] & 2047
        order[starts[0, digit]] = row
        starts[0, digit] += 1
    for place in range(n):
        row = order[place]
        digit = (bits[row] >> 11) & 2047
        spare[starts[1, digit]] = row
        starts[1, digit] += 1
    for place in range(n):
        row = spare[place]
        digit = bits[row] >> 22
        order[starts[2, digit]] = row
        starts[2, digit] += 1


@kernel
def _add_test(
    order: Codes,
    labels: NDArray[np.int64],
    wanted: int,
    steps: Floats,
    last: Floats,
    voters: int,
    found: Floats,
    entry_player: Codes,
    entry_group: Codes,
    entry_part: Floats,
    of_group: Floats,
) -> float:
    """Add one test point's values to `found` (values, squares) and its groups; give the worth."""
    n = len(order)
    value = np.empty(n)
    right = np.empty(n)
    hits = 0.0
    for place in range(n):
        right[place] = 1.0 if labels[order[place]] == wanted else 0.0
        hits += right[place]
    here = last[0] * right[n - 1] + last[1] * (hits - right[n - 1]) + last[2]
    for back in range(n):
        place = n - 1 - back
        if back > 0:
            here += (right[place] - right[place + 1]) * steps[place]
        row = order[place]
        value[row] = here
        found[0, row] += here
        found[1, row] += here * here
    for entry in range(len(entry_player)):
        of_group[entry_group[entry]] += entry_part[entry] * value[entry_player[entry]]
    worth = 0.0
    for place in range(min(voters, n)):
        worth += right[place]
    return worth / voters
