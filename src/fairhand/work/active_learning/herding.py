"""Covering doubt: each item is asked for the doubt that its answer would settle around it."""

from __future__ import annotations

import numpy as np

from fairhand.work.active_learning.distances import squared_distances
from fairhand.work.active_learning.rows import (
    best,
    free_rows,
    given_probabilities,
    known_features,
    weighted,
)
from fairhand.work.active_learning.shapes import Field, Floats, Indices
from fairhand.work.active_learning.systems import strategy
from fairhand.work.active_learning.uncertainty import narrowness

CANDIDATES = 600
"""How many of the narrowest margins may be chosen; more for batches of more than 60."""
NEARLY = 0.8
"""How doubtful an item is at least, beside the one that doubt alone would choose in its place."""
WITNESSES = 2_000
"""For how many doubtful items it is measured how much they would learn."""
MOST_KNOWN = 2_000


@strategy("doubt-cover", "narrow margins first that many others share")
def pick_doubt_cover(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Ask what settles most doubt: narrow margins that have many others near, none known.

    After uncertainty herding (Bae et al. 2024): of the narrowest margins, take one by one what
    adds most to sum_i u_i max(k(i, known), k(i, chosen)), with doubt u and a Gaussian kernel k as
    wide as items known lie apart. With few answers the kernel is wide and the batch covers the
    pool; with many it is narrow and the batch is the narrowest margins: it goes from coverage to
    uncertainty by itself. The sum is over items drawn with the odds of their doubt.

    Where one class is rare the model is nearly sure of nearly everything, and what little it
    doubts adds up to more than the few items that may be of the class. So the n-th item chosen is
    nearly as doubtful as the n-th narrowest margin, however many others would share it.
    """
    doubt = narrowness(given_probabilities(field))
    wanted = weighted(doubt, field)
    places = best(wanted, max(CANDIDATES, 10 * batch), rng)
    rows = free_rows(field)[places] if field.rows is not None else places
    if len(rows) <= batch:
        return rows
    witnesses, shares = _draw_by_doubt(doubt, rng)
    known = _some(known_features(field), rng)
    features = field.pool.features
    seen = features[witnesses if field.rows is None else field.rows[witnesses]]
    points = features[rows]
    width = _width(known if len(known) > 1 else points)
    near = np.exp(squared_distances(seen, points) / -width)
    settled = np.zeros(len(seen), np.float32)
    if len(known):
        settled = np.exp(squared_distances(seen, known).min(axis=1) / -width)
    worth = np.ones(len(rows), np.float32) if field.weights is None else field.weights[rows]
    return rows[_greedy(near, settled, shares, worth, _open(wanted[places], batch))]


def _open(doubt: Floats, batch: int) -> Indices:
    """Say of each item of a batch how many of the most doubtful may be it; `doubt` falls."""
    return np.searchsorted(-doubt, -NEARLY * doubt[:batch], side="right")


def _greedy(
    near: Floats, settled: Floats, shares: Floats, worth: Floats, opened: Indices
) -> list[int]:
    """Choose columns of `near` one by one, each for what it adds to the weighed maximum.

    The n-th is one of the first `opened[n]` columns.
    """
    chosen: list[int] = []
    gains = _gains(near, settled, shares) * worth
    # What is added only shrinks as more is chosen: an old gain is an upper bound, so only those
    # that head the list are counted again.
    current = np.zeros(len(gains), bool)
    while len(chosen) < len(opened):
        last = opened[len(chosen)]
        head = int(gains[:last].argmax())
        if current[head]:
            chosen.append(head)
            gains[head] = -1.0
            np.maximum(settled, near[:, head], out=settled)
            current[:] = False
            continue
        # Only what was not counted since the last one chosen: equals would go round for ever.
        stale = np.where(current[:last], -1.0, gains[:last])
        some = np.argpartition(-stale, min(8, len(stale) - 1))[:8]
        some = some[stale[some] >= 0.0]
        gains[some] = _gains(near[:, some], settled, shares) * worth[some]
        current[some] = True
    return chosen


def _gains(near: Floats, settled: Floats, shares: Floats) -> Floats:
    found: Floats = shares @ np.maximum(near - settled[:, None], 0.0)
    return found


def _draw_by_doubt(doubt: Floats, rng: np.random.Generator) -> tuple[Indices, Floats]:
    """Draw rows with the odds of their doubt; give what each then counts for.

    All rows where there are few, each for its doubt: the same sum, without the draw.
    """
    if len(doubt) <= WITNESSES:
        return np.arange(len(doubt)), doubt
    keys = rng.standard_exponential(len(doubt), np.float32)
    keys /= np.maximum(doubt, 1e-6)
    drawn = np.argpartition(keys, WITNESSES)[:WITNESSES]
    return drawn, np.ones(WITNESSES, np.float32)


def _some(known: Floats, rng: np.random.Generator) -> Floats:
    if len(known) <= MOST_KNOWN:
        return known
    return known[rng.choice(len(known), MOST_KNOWN, replace=False)]


def _width(points: Floats) -> float:
    """Give the square of the kernel's width: how far near neighbours of the points lie apart.

    The lower quartile, since the chosen lie far apart at first; never nought.
    """
    far = squared_distances(points, points)
    np.fill_diagonal(far, np.inf)
    return max(float(np.quantile(far.min(axis=1), 0.25)), 1e-9)
