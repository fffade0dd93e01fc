"""Strategies that part items into clusters, and ask one of each."""

from __future__ import annotations

import numpy as np

from fairhand.work.active_learning.clusters import k_means
from fairhand.work.active_learning.distances import nearest, typicality
from fairhand.work.active_learning.rows import (
    best,
    draw,
    free_rows,
    given_probabilities,
    known_features,
    weighted,
)
from fairhand.work.active_learning.shapes import Field, Floats, Indices
from fairhand.work.active_learning.systems import strategy
from fairhand.work.active_learning.uncertainty import narrowness

SAMPLE = 20_000
MOST_CLUSTERS = 500
MEMBERS = 60
"""How many items a cluster should have, so that one of them is typical; half the sample if less."""
MARGIN_CANDIDATES = 10
"""How many narrow margins are looked at for each item of a batch."""


@strategy("typical", "the most typical of each new cluster first")
def pick_typical(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Ask the most typical item of each large cluster that nobody has answered yet.

    TypiClust (Hacohen, Dekel and Weinshall 2022), on a sample of at most 20,000 items: as many
    clusters as items known and wanted (500 at most); those with the fewest known items first, the
    larger before the smaller; in each the item whose 20 nearest neighbours are closest.
    """
    known = known_features(field)
    clusters = min(len(known) + batch, MOST_CLUSTERS)
    rows = draw(field, max(min(SAMPLE, MEMBERS * clusters), SAMPLE // 2, batch), rng)
    count = min(batch, len(rows))
    if count <= 0:
        return rows[:0]
    points = field.pool.features[rows]
    which, centres = k_means(points, clusters, rng)
    members = _in_clusters(which, len(centres))
    taken = np.bincount(nearest(known, centres)[0], minlength=len(centres))
    queues: dict[int, list[int]] = {}
    chosen: list[int] = []
    sizes = np.array([len(group) for group in members])
    while len(chosen) < count:
        left = sizes > 0
        fewest = np.flatnonzero(left & (taken == taken[left].min()))
        cluster = int(fewest[sizes[fewest].argmax()])
        if cluster not in queues:
            group = members[cluster]
            queues[cluster] = _most_typical_first(points[group], field, rows[group]).tolist()
        chosen.append(int(members[cluster][queues[cluster].pop(0)]))
        taken[cluster] += 1
        sizes[cluster] -= 1
    return rows[chosen]


def _most_typical_first(points: Floats, field: Field, rows: Indices) -> Indices:
    return np.argsort(-weighted(typicality(points), field, rows), kind="stable")


def _in_clusters(which: Indices, count: int) -> list[Indices]:
    order = np.argsort(which, kind="stable")
    return np.split(order, np.bincount(which, minlength=count).cumsum()[:-1])


@strategy("cluster-margin", "narrow margins first, in many places")
def pick_cluster_margin(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Ask where margins are narrow, but in as many places as there are items to ask.

    After Cluster-Margin (Citovsky et al. 2021): the ten narrowest margins for each item wanted
    are parted into as many clusters as items, and each cluster is asked where its margin is
    narrowest.
    """
    doubt = weighted(narrowness(given_probabilities(field)), field)
    places = best(doubt, MARGIN_CANDIDATES * batch, rng)
    rows = places if field.rows is None else free_rows(field)[places]
    if len(rows) <= batch:
        return rows
    return one_of_each(field.pool.features[rows], doubt[places], rows, batch, rng)


def one_of_each(
    points: Floats, worth: Floats, rows: Indices, batch: int, rng: np.random.Generator
) -> Indices:
    """Part rows into `batch` clusters; give the worthiest row of each, then the worthiest left."""
    which, _ = k_means(points, batch, rng)
    order = np.lexsort((-worth, which))
    _, first = np.unique(which[order], return_index=True)
    chosen = order[first]
    chosen = chosen[np.argsort(-worth[chosen], kind="stable")]
    if len(chosen) < batch:
        left = np.setdiff1d(np.arange(len(rows)), chosen)
        more = left[np.argsort(-worth[left], kind="stable")][: batch - len(chosen)]
        chosen = np.concatenate([chosen, more])
    return rows[chosen]
