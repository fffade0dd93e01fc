"""Density weighting: doubt counts for more where there are many like it."""

from __future__ import annotations

import numpy as np

from fairhand.work.active_learning.distances import pieces, squared_distances
from fairhand.work.active_learning.rows import best, draw, free_rows, given_probabilities, weighted
from fairhand.work.active_learning.shapes import Field, Floats, Indices
from fairhand.work.active_learning.systems import strategy
from fairhand.work.active_learning.uncertainty import narrowness

CANDIDATES = 20_000
NEIGHBOURS = 2_000


@strategy("density", "narrow margins first with many like them")
def pick_density(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Ask where the margin is narrow and the neighbourhood is full.

    Information density (Settles and Craven 2008) on the 20,000 narrowest margins: doubt times the
    mean likeness to 2,000 items drawn by chance. An item takes from what those near it are worth,
    so a batch is not one crowded corner.
    """
    doubt = weighted(narrowness(given_probabilities(field)), field)
    places = best(doubt, max(CANDIDATES, batch), rng)
    rows = places if field.rows is None else free_rows(field)[places]
    if len(rows) <= batch:
        return rows
    features = field.pool.features
    others = features[draw(field, NEIGHBOURS, rng)]
    points = features[rows]
    width = _usual_distance(others)
    worth = doubt[places] * _density(points, others, width)
    chosen: list[int] = []
    while len(chosen) < batch:
        place = int(worth.argmax())
        chosen.append(place)
        like = np.exp(-squared_distances(points, points[place][None])[:, 0] / width)
        worth *= 1.0 - like
        worth[chosen] = -1.0
    return rows[chosen]


def _usual_distance(points: Floats) -> float:
    """Give the median squared distance between a few of the points, never nought."""
    some = points[:500]
    return max(float(np.median(squared_distances(some, some))), 1e-12)


def _density(points: Floats, others: Floats, width: float) -> Floats:
    found = np.empty(len(points), np.float32)
    for piece in pieces(len(points), 8 * len(others)):
        far = squared_distances(points[piece], others)
        found[piece] = np.exp(-far / width).mean(axis=1)
    return found
