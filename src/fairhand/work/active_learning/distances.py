"""Distances between rows and a few centres, a piece at a time: memory does not grow with N x M."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fairhand.work.active_learning.shapes import Floats, Indices

PIECE_BYTES = 16 << 20
"""What one piece of a calculation may hold."""


def pieces(count: int, row_bytes: int) -> Iterator[slice]:
    """Cut `count` rows into pieces that hold at most PIECE_BYTES each."""
    rows = max(256, PIECE_BYTES // max(row_bytes, 1))
    for start in range(0, count, rows):
        yield slice(start, min(start + rows, count))


def norms(rows: Floats) -> Floats:
    """Give each row's squared length."""
    found: Floats = np.einsum("nd,nd->n", rows, rows, dtype=np.float32)
    return found


def squared_distances(rows: Floats, centres: Floats) -> Floats:
    """Give the squared distances, rows by centres; never below nought."""
    found = rows @ centres.T
    found *= -2.0
    found += norms(rows)[:, None]
    found += norms(centres)[None, :]
    np.maximum(found, 0.0, out=found)
    return found


def nearest(rows: Floats, centres: Floats) -> tuple[Indices, Floats]:
    """Give each row's nearest centre, and the squared distance to it."""
    which = np.zeros(len(rows), np.int64)
    far = np.full(len(rows), np.inf, np.float32)
    if not len(centres):
        return which, far
    for piece in pieces(len(rows), 4 * (len(centres) + rows.shape[1])):
        found = squared_distances(rows[piece], centres)
        which[piece] = found.argmin(axis=1)
        far[piece] = np.take_along_axis(found, which[piece, None], axis=1)[:, 0]
    return which, far


def typicality(rows: Floats, neighbours: int = 20) -> NDArray[np.float32]:
    """Say how close each row's nearest neighbours are: one over their mean distance."""
    count = min(neighbours, len(rows) - 1)
    if count < 1:
        return np.ones(len(rows), np.float32)
    found = np.empty(len(rows), np.float32)
    for piece in pieces(len(rows), 4 * len(rows)):
        near = np.partition(squared_distances(rows[piece], rows), count, axis=1)[:, : count + 1]
        found[piece] = np.sqrt(near).sum(axis=1) / count
    typical: Floats = np.reciprocal(np.maximum(found, np.float32(1e-12)))
    return typical
