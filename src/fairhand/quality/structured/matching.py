"""Which of several people's things are the same thing: clusters with one thing a person at most.

Between every two people the best one-to-one assignment is found (Kuhn 1955, through SciPy); its
pairs that are alike enough are the edges. Edges are then taken from the most alike down, joining
two clusters if they are alike on average and have no person in common. No person comes first, so
the outcome does not depend on the order of people.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]


def match(person: Ints, alike: Floats, least: float) -> list[Ints]:
    """Cluster things: `person[i]` drew thing i; `alike` (things x things) is 0 to 1.

    Returns the things of each cluster, ordered by their first. `least` is how alike two things
    must be to be one. Things that are alone are clusters too.
    """
    # Loaded late, as below: a server starts sooner, and few commands match anything.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    if person.size == 0:
        return []
    _, component = connected_components(csr_array(alike >= least), directed=False)
    order = np.argsort(component, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(component[order])) + 1)
    found = [cluster for group in groups for cluster in _split(group, person, alike, least)]
    return sorted(found, key=lambda things: int(things[0]))


def _split(group: Ints, person: Ints, alike: Floats, least: float) -> list[Ints]:
    """Cut one connected group into clusters; most groups are one cluster as they stand."""
    if len(np.unique(person[group])) == group.size and _mean_pair(alike, group) >= least:
        return [group]
    cluster_of = {int(thing): [int(thing)] for thing in group}
    for one, other in _edges(group, person, alike, least):
        mine, theirs = cluster_of[one], cluster_of[other]
        if mine is theirs or set(person[mine]) & set(person[theirs]):
            continue
        if alike[np.ix_(mine, theirs)].mean() < least:
            continue
        mine += theirs
        cluster_of.update(dict.fromkeys(theirs, mine))
    distinct = {id(things): things for things in cluster_of.values()}
    return [np.array(sorted(things), np.intp) for things in distinct.values()]


def _edges(group: Ints, person: Ints, alike: Floats, least: float) -> list[tuple[int, int]]:
    """Pairs that the best assignment of two people makes, the most alike first."""
    from scipy.optimize import linear_sum_assignment

    by_person = [group[person[group] == one] for one in np.unique(person[group])]
    edges: list[tuple[float, int, int]] = []
    for mine, theirs in combinations(by_person, 2):
        table = alike[np.ix_(mine, theirs)]
        rows, columns = linear_sum_assignment(table, maximize=True)
        for row, column in zip(rows, columns, strict=True):
            if table[row, column] >= least:
                edges.append((-float(table[row, column]), int(mine[row]), int(theirs[column])))
    return [(one, other) for _, one, other in sorted(edges)]


def _mean_pair(alike: Floats, group: Ints) -> float:
    if group.size < 2:
        return 1.0
    table = alike[np.ix_(group, group)]
    return float((table.sum() - table.trace()) / (group.size * (group.size - 1)))
