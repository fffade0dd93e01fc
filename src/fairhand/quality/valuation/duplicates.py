"""Near-duplicates become one player, so that copying a row cannot multiply its value.

Rows of one label whose features are almost the same are put together. Along the direction in which
a label's rows differ most they are taken in order, and each joins the first row before it that is
near enough, or stands for itself: the result does not depend on the order of the rows, and exact
copies change nothing for anybody else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats

TOLERANCE = 0.0447
"""Of two rows' mean length; for rows of length one this is a cosine of 0.999."""

_BLOCK = 512
_CLOSE_CALLS = 50_000


def merge_near_duplicates(features: Floats, label: Codes, tolerance: float = TOLERANCE) -> Codes:
    """Name, for each row, the row that stands for it (itself, where it stands alone).

    Two rows (features: rows x dimensions, label: codes) are near-duplicates where they have one
    label and lie no farther apart than `tolerance` times the mean of their lengths. The row that
    stands for others is the first one of its copies.
    """
    stands_for = np.arange(len(features))
    for one in np.unique(label):
        rows = np.flatnonzero(label == one)
        distinct, first, back = _distinct(features[rows])
        leader = _leaders(distinct, tolerance)
        stands_for[rows] = rows[first[leader[back]]]
    return stands_for


def _distinct(features: Floats) -> tuple[Floats, Codes, Codes]:
    """Distinct rows, where each occurs first, and which of them every row is."""
    plain = np.ascontiguousarray(features + 0.0)  # -0.0 and 0.0 are one number
    raw = plain.view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1]))).reshape(-1)
    _, first, back = np.unique(raw, return_index=True, return_inverse=True)
    return plain[first], first, back.reshape(-1)


def _leaders(rows: Floats, tolerance: float) -> Codes:
    """For each row the index of the row that it joins."""
    at = (rows - rows.mean(axis=0)) @ _widest(rows)
    near = _Nearness(rows, tolerance)
    order = np.argsort(at, kind="stable")
    found = np.full(len(rows), -1)
    leaders = np.empty(0, dtype=np.intp)
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        leaders = leaders[at[leaders] >= at[block[0]] - near.farthest]
        close = near.between(block, leaders)
        has = close.any(axis=1)
        if has.any():
            found[block[has]] = leaders[close[has].argmax(axis=1)]
        leaders = np.concatenate([leaders, _settle(near, block[~has], found)])
    return found


def _settle(near: _Nearness, block: Codes, found: Codes) -> Codes:
    """Let rows that no earlier leader is near to join each other; give the new leaders."""
    close = near.between(block, block)
    if not np.tril(close, -1).any():
        found[block] = block
        return block
    leads = np.zeros(len(block), dtype=bool)
    for place in range(len(block)):
        joined = close[place, :place] & leads[:place]
        leads[place] = not joined.any()
        found[block[place]] = block[place] if leads[place] else block[joined.argmax()]
    return block[leads]


class _Nearness:
    """Which rows are near: one product of matrices tells, but for close calls.

    |a - b| <= t (|a| + |b|) / 2 is a.b + s |a||b| - (1 - s) (|a|^2 + |b|^2) / 2 >= 0, s = t^2 / 4:
    the product of a row with three more columns and one with three others.
    """

    def __init__(self, rows: Floats, tolerance: float) -> None:
        self._rows, self._tolerance = rows, tolerance
        self._length = np.sqrt((rows**2).sum(axis=1))
        self.farthest = tolerance * float(self._length.max(initial=0.0))
        share = tolerance**2 / 4
        mixed, half = np.sqrt(share) * self._length, -(1 - share) / 2 * self._length**2
        ones = np.ones(len(rows))
        self._left = np.column_stack([rows, mixed, half, ones]).astype(np.float32)
        self._right = np.column_stack([rows, mixed, ones, half]).astype(np.float32)
        self._doubt = np.float32(1e-5 * float(self._length.max(initial=0.0)) ** 2)

    def between(self, one: Codes, other: Codes) -> NDArray[np.bool_]:
        """Say which rows of `one` are near which of `other`."""
        product = self._left[one] @ self._right[other].T
        if product.size == 0 or product.max() < -self._doubt:
            return np.zeros(product.shape, dtype=bool)
        near: NDArray[np.bool_] = product >= -self._doubt
        left, right = np.nonzero(near & (product <= self._doubt))
        for start in range(0, len(left), _CLOSE_CALLS):
            i, j = left[start : start + _CLOSE_CALLS], right[start : start + _CLOSE_CALLS]
            near[i, j] = self._measured(one[i], other[j])
        return near

    def _measured(self, one: Codes, other: Codes) -> NDArray[np.bool_]:
        gaps = np.sqrt(((self._rows[one] - self._rows[other]) ** 2).sum(axis=1))
        reach = self._tolerance * (self._length[one] + self._length[other]) / 2
        found: NDArray[np.bool_] = gaps <= reach
        return found


def _widest(rows: Floats) -> Floats:
    """Direction of length one in which the rows differ most; zeros where they do not differ."""
    centred = rows - rows.mean(axis=0)
    if len(rows) < rows.shape[1]:  # the smaller of the two products has the same direction
        direction: Floats = np.linalg.eigh(centred @ centred.T)[1][:, -1] @ centred
        direction /= np.sqrt((direction**2).sum()) or 1.0
    else:
        direction = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    return direction * (1.0 if direction[np.abs(direction).argmax()] > 0 else -1.0)
