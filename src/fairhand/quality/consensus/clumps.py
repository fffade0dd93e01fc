"""Things drawn by several people on one picture: which of them could be one thing at all.

Only things of one label whose bounding boxes touch can overlap, so a picture falls apart into
clumps, and nothing is ever compared across two of them: thousands of things stay cheap.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def clump(labels: Ints, sides: Floats) -> Ints:
    """Number the clumps of things with `labels` and bounding boxes (left, top, right, bottom)."""
    # Loaded late, as below: a server starts sooner, and few commands compare drawings.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    things = len(sides)
    if not things:
        return np.zeros(0, np.intp)
    order = np.lexsort((sides[:, 0], labels))
    ones, others = [], []
    left, right, label = sides[order, 0], sides[order, 2], labels[order]
    top, bottom = sides[order, 1], sides[order, 3]
    # beside a thing come those that begin before it ends; a sweep from left to right, by label
    starts = np.searchsorted(label, np.arange(label[-1] + 2))
    for here in range(things):
        end = int(starts[label[here] + 1])
        last = here + 1 + int(np.searchsorted(left[here + 1 : end], right[here], side="left"))
        beside = slice(here + 1, last)
        touch = (top[beside] < bottom[here]) & (top[here] < bottom[beside])
        found = np.flatnonzero(touch) + here + 1
        ones.append(np.full(found.size, here, np.intp))
        others.append(found)
    one, other = np.concatenate(ones), np.concatenate(others)
    graph = csr_array((np.ones(one.size, bool), (one, other)), shape=(things, things))
    _, number = connected_components(graph, directed=False)
    clumps = np.empty(things, np.intp)
    clumps[order] = number
    return clumps


def set_likeness(alike: Floats, least: float) -> float:
    """How alike two people's things are: the panoptic quality of Kirillov et al. (2019).

    `alike` (things of one x things of the other) is IoU, 0 for unlike labels. Things are paired so
    that they overlap most; pairs below `least` do not count. The sum of their IoU over the mean
    number of things: 1 for the same things, and 1 where both drew nothing.
    """
    from scipy.optimize import linear_sum_assignment

    things = alike.shape[0] + alike.shape[1]
    if not things:
        return 1.0
    rows, columns = linear_sum_assignment(np.where(alike >= least, alike, 0.0), maximize=True)
    paired = alike[rows, columns]
    return float(2 * paired[paired >= least].sum() / things)
