"""k-means, small and quick: seeds far apart, then a few rounds of Lloyd's."""

from __future__ import annotations

import numpy as np

from fairhand.work.active_learning.distances import nearest, norms, pieces, squared_distances
from fairhand.work.active_learning.shapes import Floats, Indices

SEEDS_AT_ONCE = 16
"""Seeds are drawn one by one up to this many, then a sixteenth of those there are at a time."""


def spread_seeds(rows: Floats, count: int, rng: np.random.Generator) -> Indices:
    """Draw rows far from each other: k-means++ (Arthur and Vassilvitskii 2007).

    Many seeds are drawn several at a time, as in k-means|| (Bahmani et al. 2012). Fewer come back
    where fewer rows differ.
    """
    chosen = np.array([rng.integers(len(rows))], np.int64)
    lengths = norms(rows)
    far = np.full(len(rows), np.inf, np.float32)
    fresh = chosen
    while len(chosen) < count:
        for piece in pieces(len(rows), 4 * len(fresh)):
            both = rows[piece] @ rows[fresh].T
            near = (lengths[fresh] - 2.0 * both).min(axis=1) + lengths[piece]
            np.minimum(far[piece], np.maximum(near, 0.0), out=far[piece])
        far[chosen] = 0.0
        sums = far.cumsum(dtype=np.float64)
        if sums[-1] <= 0.0:
            break
        wanted = min(max(len(chosen) // SEEDS_AT_ONCE, 1), count - len(chosen))
        drawn = np.searchsorted(sums, rng.random(wanted) * sums[-1], "right")
        fresh = np.unique(np.minimum(drawn, len(rows) - 1))
        chosen = np.union1d(chosen, fresh)
    return chosen


def k_means(
    rows: Floats, count: int, rng: np.random.Generator, rounds: int = 10
) -> tuple[Indices, Floats]:
    """Part rows into at most `count` clusters; give each row's cluster, and the centres.

    Clusters that lose all their rows are dropped, and the others numbered anew.
    """
    centres = rows[spread_seeds(rows, min(count, len(rows)), rng)]
    which = np.zeros(len(rows), np.int64)
    for turn in range(rounds):
        now, _ = nearest(rows, centres)
        if turn and np.array_equal(now, which):
            break
        which = now
        centres = _means(rows, which, len(centres))
    which, _ = nearest(rows, centres)
    kept, which = np.unique(which, return_inverse=True)
    return which.astype(np.int64), centres[kept]


def _means(rows: Floats, which: Indices, count: int) -> Floats:
    """Give the mean of each cluster that has rows."""
    order = np.argsort(which, kind="stable")
    sizes = np.bincount(which, minlength=count)
    starts = np.concatenate([[0], sizes.cumsum()[:-1]])[sizes > 0]
    sums = np.add.reduceat(rows[order], starts, axis=0)
    means: Floats = (sums / sizes[sizes > 0, None]).astype(np.float32)
    return means


def middles(rows: Floats, which: Indices, centres: Floats) -> Indices:
    """Give, for each cluster, the row nearest its centre."""
    far = np.take_along_axis(squared_distances(rows, centres), which[:, None], axis=1)[:, 0]
    order = np.lexsort((far, which))
    _, first = np.unique(which[order], return_index=True)
    return order[first]
