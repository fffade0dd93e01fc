"""Does a polygon cross itself? Exactly, in whole steps, and for thousands of them at once.

Two edges that are not neighbours may not share a single place, and neighbours nothing but their
corner. By signs of areas (O'Rourke, Computational Geometry in C, 1998, section 1.5); coordinates
are integers below 2^23, so no sign is ever rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_PAIRS_AT_ONCE = 400_000


def first_crossings(polygons: Sequence[Ints]) -> list[tuple[int, int] | None]:
    """Give for each polygon (corners x 2) the first two edges that meet, or None.

    Edge i runs from corner i to the next; equal neighbouring corners are not looked at here.
    """
    found: list[tuple[int, int] | None] = [None] * len(polygons)
    by_corners: dict[int, list[int]] = {}
    for index, polygon in enumerate(polygons):
        by_corners.setdefault(len(polygon), []).append(index)
    for corners, members in by_corners.items():
        room = max(1, _PAIRS_AT_ONCE // max(1, corners * (corners - 1) // 2))
        for start in range(0, len(members), room):
            some = members[start : start + room]
            for index, edges in _in_stack(np.stack([polygons[one] for one in some])):
                found[some[index]] = edges
    return found


def twice_area(polygon: Ints) -> int:
    """Give twice the signed area; positive where the corners run clockwise on the screen."""
    x, y = polygon[:, 0], polygon[:, 1]
    return int((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def _in_stack(stack: Ints) -> Iterator[tuple[int, tuple[int, int]]]:
    """Look through polygons with the same number of corners."""
    one, other = _pairs(stack.shape[1])
    ends = np.roll(stack, -1, axis=1)
    low, high = np.minimum(stack, ends), np.maximum(stack, ends)
    near = ((low[:, one] <= high[:, other]) & (low[:, other] <= high[:, one])).all(axis=2)
    rows, columns = np.nonzero(near)
    i, j = one[columns], other[columns]
    a, b, c, d = stack[rows, i], ends[rows, i], stack[rows, j], ends[rows, j]
    meet = (_side(a, b, c) * _side(a, b, d) <= 0) & (_side(c, d, a) * _side(c, d, b) <= 0)
    follows, closes = j - i == 1, (i == 0) & (j == stack.shape[1] - 1)
    # neighbours always meet in their corner: they cross only where one runs back over the other
    far = np.where(closes[:, None], c, d)
    back = (_side(a, b, far) == 0) & (((b - a) * (d - c)).sum(axis=1) < 0)
    meet = np.where(follows | closes, back, meet)
    seen = set()
    for row, first, second in zip(rows[meet], i[meet], j[meet], strict=True):
        if row not in seen:
            seen.add(row)
            yield int(row), (int(first), int(second))


def _side(a: Ints, b: Ints, c: Ints) -> Ints:
    """Tell the side of the line a-b on which c lies: 1, 0 on it, -1."""
    one, other = b - a, c - a
    side: Ints = np.sign(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
    return side


@lru_cache(maxsize=16)
def _pairs(corners: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    one, other = np.triu_indices(corners, 1)
    return one, other
