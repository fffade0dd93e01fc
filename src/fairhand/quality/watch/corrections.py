"""Many looks at once: how many discoveries may be believed, and exact tails of unequal chances."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairhand.quality.compiled import kernel

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def benjamini_hochberg(chances: ArrayLike) -> Floats:
    """Adjust p-values so that those under q hold false ones to a share of q on average.

    Y. Benjamini, Y. Hochberg: Controlling the false discovery rate, J. R. Stat. Soc. B 57 (1995).
    Raises ValueError for anything outside 0..1.
    """
    p = np.asarray(chances, dtype=np.float64)
    if p.size and not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p-values must lie between 0 and 1")
    order = np.argsort(p, kind="stable")[::-1]
    ranks = np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum.accumulate(np.minimum(1.0, p[order] * p.size / ranks))
    return adjusted


def e_benjamini_hochberg(log_e: ArrayLike) -> Floats:
    """Adjust e-values (natural logarithms): those at 1/q or above hold at most q false ones.

    R. Wang, A. Ramdas: False discovery rate control with e-values, J. R. Stat. Soc. B 84 (2022);
    needs nothing of how the looks depend on one another. Gives adjusted logarithms.
    """
    e = np.asarray(log_e, dtype=np.float64)
    order = np.argsort(e, kind="stable")
    ranks = np.arange(e.size, 0, -1)  # the largest e-value has rank 1
    adjusted = np.empty_like(e)
    if e.size:
        adjusted[order] = np.maximum.accumulate(e[order] + np.log(ranks / e.size))
    return adjusted


def sum_tail(chances: ArrayLike, at_least: int) -> float:
    """Exact probability that at least so many of independent events of unequal chance happen.

    The Poisson-binomial tail by adding one event at a time (Y. H. Wang, Statistica Sinica 3, 1993).
    """
    p = np.asarray(chances, dtype=np.float64)
    starts = np.array([0, p.size], dtype=np.intp)
    return float(sum_tails(p, starts, np.array([at_least], dtype=np.intp))[0])


def sum_tails(chances: Floats, starts: Codes, at_least: Codes) -> Floats:
    """`sum_tail` for many stretches of `chances`; stretch i is starts[i]:starts[i + 1]."""
    steps = int((np.diff(starts) * np.maximum(at_least, 0)).sum())
    return _tails.for_work(steps)(chances, starts, at_least)


@kernel
def _tails(chances: Floats, starts: Codes, at_least: Codes) -> Floats:
    tails = np.empty(len(at_least))
    for which in range(len(at_least)):
        wanted = at_least[which]
        if wanted <= 0:
            tails[which] = 1.0
            continue
        # state[k] is the chance of k so far; the last place collects "wanted or more" and is
        # added up on its own, so that a tiny tail keeps its digits.
        state = np.zeros(wanted + 1)
        state[0] = 1.0
        for place in range(starts[which], starts[which + 1]):
            p = chances[place]
            state[wanted] += state[wanted - 1] * p
            for k in range(wanted - 1, 0, -1):
                state[k] += (state[k - 1] - state[k]) * p
            state[0] *= 1.0 - p
        tails[which] = min(1.0, state[wanted])
    return tails
