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
_BLOCK = 1_024
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
    n, tests = len(train[0]), len(test[0])
    near = _Distances(train[0], test[0], min(tests, max(1, _CHUNK_CELLS // n)))
    labels = train[1].astype(np.int64)
    sums = TestSums(
        np.zeros(n), np.zeros(n), np.zeros((tests, groups[3])), np.zeros(tests), np.zeros(tests)
    )
    sort, add_test = _sort.for_work(n * tests), _add_test.for_work(n * tests)
    for start in range(0, tests, near.step):
        gaps = near.of(start)
        sums.nearest[start : start + len(gaps)] = gaps.min(axis=1)

        def add(low: int, high: int, gaps: NDArray[np.float32] = gaps, at: int = start) -> Floats:
            found, value = np.zeros((2, n)), np.empty(n)
            packed, spare = np.empty(n, np.uint64), np.empty(n, np.uint64)
            for place in range(low, high):
                bits, wanted = gaps[place].view(np.uint32), int(test[1][at + place])
                if sort is _sort:
                    order = sort(bits, labels, wanted, packed, spare)
                else:
                    order = _sorted_by_numpy(bits, labels, wanted)
                sums.worth[at + place] = add_test(
                    order, game.steps, game.last, game.voters, found, value,
                    groups[0], groups[1], groups[2], sums.groups[at + place],
                )  # fmt: skip
            return found

        # A set number of parts: sums come out the same on a machine with other cores.
        edges = [len(gaps) * part // _PARTS for part in range(_PARTS + 1)]
        for found in in_threads(add, edges):
            sums.values[:] += found[0]
            sums.squares[:] += found[1]
    return sums


class _Distances:
    """Squared distances of a few test points at a time, `step` at most, to all the rows.

    Rows are centred a block at a time and tables used again: at this size, fresh memory is what
    takes time.
    """

    def __init__(self, rows: Floats, points: Floats, step: int) -> None:
        self.step = step
        self._rows, self._centre = rows, _centre(rows, points)
        self._points = points - self._centre
        self._lengths = np.empty(len(rows))
        self._squared = np.empty((step, len(rows)))
        self._gaps = np.empty((step, len(rows)), np.float32)

    def of(self, start: int) -> NDArray[np.float32]:
        """Give those of the test points from `start` on, until the next call (tests x rows)."""
        points = self._points[start : start + self.step]
        squared, gaps = self._squared[: len(points)], self._gaps[: len(points)]
        for low in range(0, len(self._rows), _BLOCK):
            block = slice(low, low + _BLOCK)
            rows = self._rows[block] - self._centre
            if start == 0:
                self._lengths[block] = np.einsum("ij,ij->i", rows, rows)
            np.matmul(points, rows.T, out=squared[:, block])
        squared *= -2.0
        squared += self._lengths
        squared += (points**2).sum(1)[:, None]
        np.maximum(squared, 0.0, out=squared)
        np.copyto(gaps, squared, casting="same_kind")
        return gaps


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


def _sorted_by_numpy(
    bits: NDArray[np.uint32], labels: NDArray[np.int64], wanted: int
) -> NDArray[np.uint64]:
    """Give what `_sort` gives, for tables too small to wait for the compiler."""
    order = np.argsort(bits, kind="stable").astype(np.uint64)
    packed: NDArray[np.uint64] = order << np.uint64(1) | (labels == wanted)[order]
    return packed


@kernel
def _sort(
    bits: NDArray[np.uint32],
    labels: NDArray[np.int64],
    wanted: int,
    packed: NDArray[np.uint64],
    spare: NDArray[np.uint64],
) -> NDArray[np.uint64]:
    """Give the rows by distance, then by row, each as twice its number plus whether it is right.

    A stable radix sort of `packed`, with `spare` of the same length to work in; the result is one
    of both. `bits` are those of distances: floats that are not negative sort as their bits do.
    The number goes along with the distance, so that each pass reads memory from end to end.
    """
    n = len(bits)
    least, most = bits[0], bits[0]
    for row in range(n):
        least, most = min(least, bits[row]), max(most, bits[row])
    for row in range(n):
        gap = np.uint64(bits[row] - least) << np.uint64(33)
        packed[row] = gap | np.uint64(row) << np.uint64(1) | np.uint64(labels[row] == wanted)
    width, digits, shift = np.uint64(12), np.uint64(4095), np.uint64(33)
    left = np.uint64(most - least)
    while left:
        starts = np.zeros(4096, np.uint32)
        for row in range(n):
            starts[packed[row] >> shift & digits] += np.uint32(1)
        before = np.uint32(0)
        for digit in range(4096):
            count = starts[digit]
            starts[digit] = before
            before += count
        for row in range(n):
            word = packed[row]
            key = word >> shift & digits
            spare[starts[key]] = word
            starts[key] += np.uint32(1)
        packed, spare = spare, packed
        shift += width
        left >>= width
    for place in range(n):
        packed[place] &= np.uint64(0x1FFFFFFFF)
    return packed


@kernel
def _add_test(
    order: NDArray[np.uint64],
    steps: Floats,
    last: Floats,
    voters: int,
    found: Floats,
    value: Floats,
    entry_player: Codes,
    entry_group: Codes,
    entry_part: Floats,
    of_group: Floats,
) -> float:
    """Add one test point's values to `found` (values, squares) and its groups; give the worth.

    `order` is that of `_sort`; `value` is a table to work in, one number per row.
    """
    n = len(order)
    one = np.uint64(1)
    hits = 0.0
    for place in range(n):
        hits += float(order[place] & one)
    farther = float(order[n - 1] & one)
    here = last[0] * farther + last[1] * (hits - farther) + last[2]
    value[order[n - 1] >> one] = here
    for back in range(1, n):
        place = n - 1 - back
        right = float(order[place] & one)
        here += (right - farther) * steps[place]
        value[order[place] >> one] = here
        farther = right
    for row in range(n):
        found[0, row] += value[row]
        found[1, row] += value[row] * value[row]
    for entry in range(len(entry_player)):
        of_group[entry_group[entry]] += entry_part[entry] * value[entry_player[entry]]
    worth = 0.0
    for place in range(min(voters, n)):
        worth += float(order[place] & one)
    return worth / voters
