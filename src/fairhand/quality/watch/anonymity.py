"""Figures of groups of people without figures of anybody: no group under k, and no subtraction.

A figure of fewer than `k` people is hidden (L. Sweeney: k-anonymity, IJUFKS 10, 2002). Where totals
are shown, hiding one figure is not enough: the others taken from the total give it away. A hidden
cell of a table with totals is safe from subtraction exactly when it lies on a ring of hidden cells
(D. Gusfield: A graph theoretic approach to statistical data security, SIAM J. Comput. 17, 1988),
and what is hidden in one row or column must be k people together. Tables of different days are
not compared here: who shows this must not show it anew for every newcomer.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_PEOPLE = 10
OTHER = "other"
_DEAR = 10**9
"""Hiding a total costs more than hiding any cell."""

Cells = NDArray[np.bool_]
Cell = tuple[int, int]


def merge_small_groups(
    group_of: Mapping[Any, Hashable], k: int = LEAST_PEOPLE, other: str = OTHER
) -> dict[Any, Hashable | None]:
    """Put people of groups under `k` into one group `other`, itself of `k` people or more.

    While `other` is too small the next smallest group joins it, so that it cannot be told by
    taking the shown groups from a total. With fewer than `k` people in all everybody's group is
    None: nothing may be shown. Raises ValueError for k below 2.
    """
    if k < 2:
        raise ValueError(f"a group of {k} is a person; k is 2 or more")
    if len(group_of) < k:
        return dict.fromkeys(group_of)
    sizes = Counter(group_of.values())
    by_size = sorted(sizes, key=lambda group: (sizes[group], str(group)))
    joined = {group for group in by_size if sizes[group] < k or group == other}
    for group in by_size:
        if not joined or sum(sizes[name] for name in joined) >= k:
            break
        joined.add(group)
    return {person: other if group in joined else group for person, group in group_of.items()}


def hide_cells(people: NDArray[np.intp], k: int = LEAST_PEOPLE) -> Cells:
    """Say which cells of a table to hide; its last row and column are its totals.

    `people` counts the different people behind each figure, totals included; a cell of nobody is
    shown as empty. Of the result every hidden cell is safe from subtraction, and the hidden cells
    of a row or column have `k` people together. Raises ValueError for a table without totals.
    """
    if people.ndim != 2 or min(people.shape) < 2:
        raise ValueError("the table needs at least one cell and its totals")
    if k < 2:
        raise ValueError(f"a group of {k} is a person; k is 2 or more")
    hidden: Cells = (people > 0) & (people < k)
    while True:
        more = _one_more(hidden, people, k)
        if not more:
            return hidden
        for cell in more:
            hidden[cell] = True


def _one_more(hidden: Cells, people: NDArray[np.intp], k: int) -> list[Cell]:
    """Cells to hide next: those that close a ring, or that fill a row or column up to k."""
    for row, column in zip(*np.nonzero(hidden), strict=True):
        ring = _ring(hidden, people, (int(row), int(column)))
        if ring:
            return ring
    for axis in (0, 1):
        for line in range(people.shape[axis]):
            cell = _too_few(hidden, people, k, axis, line)
            if cell:
                return [cell]
    return []


def _too_few(hidden: Cells, people: NDArray[np.intp], k: int, axis: int, line: int) -> Cell | None:
    """The smallest shown cell of a row or column whose hidden cells have too few people."""
    count, dark = (people[line], hidden[line]) if axis == 0 else (people[:, line], hidden[:, line])
    if not dark.any() or count[dark].sum() >= k:
        return None
    shown = np.flatnonzero(~dark & (count > 0))
    if not len(shown):
        return None
    last = len(count) - 1
    place = min(shown.tolist(), key=lambda at: (at == last, count[at], at))
    return (line, place) if axis == 0 else (place, line)


def _ring(hidden: Cells, people: NDArray[np.intp], cell: Cell) -> list[Cell]:
    """Shown cells that close the cheapest ring through a hidden cell; none when it has one.

    Rows and columns are the nodes of a graph, cells its edges: the shortest way from the cell's
    row to its column without the cell itself, where hidden cells cost nothing.
    """
    rows, columns = people.shape
    start, goal = cell[0], rows + cell[1]
    best: dict[int, tuple[int, int]] = {start: (0, -1)}
    heap = [(0, start)]
    while heap:
        cost, node = heapq.heappop(heap)
        if node == goal or cost > best[node][0]:
            continue
        for there in range(rows, rows + columns) if node < rows else range(rows):
            edge = (node, there - rows) if node < rows else (there, node - rows)
            if edge == cell or people[edge] == 0:
                continue
            total = cost + (0 if hidden[edge] else _price(people, edge))
            if there not in best or total < best[there][0]:
                best[there] = (total, node)
                heapq.heappush(heap, (total, there))
    return _shown_on_way(hidden, best, goal, rows)


def _price(people: NDArray[np.intp], edge: Cell) -> int:
    is_total = edge[0] == people.shape[0] - 1 or edge[1] == people.shape[1] - 1
    return int(people[edge]) + (_DEAR if is_total else 0)


def _shown_on_way(
    hidden: Cells, best: dict[int, tuple[int, int]], goal: int, rows: int
) -> list[Cell]:
    found, node = [], goal
    while node in best and best[node][1] >= 0:
        before = best[node][1]
        edge = (before, node - rows) if before < rows else (node, before - rows)
        if not hidden[edge]:
            found.append(edge)
        node = before
    return found
