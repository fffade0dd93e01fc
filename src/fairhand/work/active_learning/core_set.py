"""Core-set: the item farthest from all that is known, again and again, exactly and lazily."""

from __future__ import annotations

import numpy as np

from fairhand.work.active_learning.distances import nearest, pieces, squared_distances
from fairhand.work.active_learning.rows import draw, known_features, weighted
from fairhand.work.active_learning.shapes import Field, Floats, Indices
from fairhand.work.active_learning.systems import strategy

MOST_DISTANCES = 400_000_000
"""More distances than this to items known already, and a sample of the pool is looked at."""
CANDIDATES = 4_096


@strategy("core-set", "the farthest from all that is known first")
def pick_core_set(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Cover the pool: k-centre greedy (Sener and Savarese 2018).

    The next item is the one farthest from everything known or chosen. Distances only shrink, so
    an old one is an upper bound: the few that head the list are kept exact, and all others are
    measured again only once one of them could be the farthest.
    """
    known = known_features(field)
    rows = draw(field, max(MOST_DISTANCES // max(len(known), 1), 10_000), rng)
    features, count = field.pool.features, min(batch, len(rows))
    if not count:
        return rows[:0]
    far = _distances(features, rows, known)
    chosen: list[int] = []
    if not len(known):
        chosen = [int(rng.integers(len(rows)))]
    while len(chosen) < count:
        far = np.minimum(far, _distances(features, rows, features[rows[chosen]]))
        far[chosen] = -1.0
        worth = weighted(np.sqrt(np.maximum(far, 0.0)), field, rows)
        worth[chosen] = -1.0
        chosen += _farthest(features, rows, worth, field, count - len(chosen))
    return rows[chosen]


def _farthest(
    features: Floats, rows: Indices, worth: Floats, field: Field, count: int
) -> list[int]:
    """Choose while those at the head of the list are surely the farthest; at least one."""
    head = np.arange(len(worth))
    bound = -1.0
    if len(worth) > CANDIDATES:
        order = np.argpartition(worth, len(worth) - CANDIDATES)
        head, bound = order[-CANDIDATES:], float(worth[order[:-CANDIDATES]].max())
    points, now = features[rows[head]], worth[head]
    scale = np.ones(len(head), np.float32) if field.weights is None else field.weights[rows[head]]
    chosen: list[int] = []
    while len(chosen) < count and (not chosen or now.max() >= max(bound, 0.0)):
        place = int(now.argmax())
        chosen.append(int(head[place]))
        step = np.sqrt(squared_distances(points, points[place][None])[:, 0])
        np.minimum(now, step * scale, out=now)
        now[place] = -1.0
    return chosen


def _distances(features: Floats, rows: Indices, centres: Floats) -> Floats:
    """Give the squared distance of each row to the nearest centre, rows taken in pieces."""
    found = np.full(len(rows), np.inf, np.float32)
    if not len(centres):
        return found
    whole = len(rows) == len(features)
    for piece in pieces(len(rows), 4 * (features.shape[1] + len(centres))):
        part = features[piece] if whole else features[rows[piece]]
        found[piece] = nearest(part, centres)[1]
    return found
