"""What could be left to the model alone: accuracy on the tasks that it is surest of.

R. El-Yaniv, Y. Wiener: On the foundations of noise-free selective classification, JMLR 11 (2010).
The share that is safe to leave is found by testing from the surest tasks downwards and stopping at
the first failure, which needs no further correction (fixed-sequence testing: A. N. Angelopoulos,
S. Bates, E. J. Candès, M. I. Jordan, L. Lei: Learn then test, 2021), with exact bounds (C. J.
Clopper, E. S. Pearson, 1934).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from fairhand.quality.evaluation.judged import Codes, Floats

TARGETS = (0.8, 0.9, 0.95, 0.99)
_STEPS = 20
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Point:
    """The surest tasks down to a score: what share of all they are, and how well they match."""

    coverage: float
    score: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Safe:
    """What share can be left to the model so that at least `target` of it is right.

    None: no share for which these tasks show it with 95 % confidence.
    """

    target: float
    coverage: float | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Selective:
    """The curve from the surest tasks to all, its area as risk, and what is safe to leave."""

    points: tuple[Point, ...]
    risk_area: float
    safe: tuple[Safe, ...]


def measure_selective(scores: Floats, matched: Floats) -> Selective | None:
    """Order tasks by score and look at the surest ones; None for no tasks.

    `matched` is 0 to 1. Tasks of one score come and go together, so that their order is no luck.
    """
    n = len(scores)
    if n == 0:
        return None
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, n)
    sums = np.cumsum(matched[order])
    accuracy = sums[ends - 1] / ends
    sizes = np.diff(np.concatenate([[0], ends]))
    area = float((sizes / n) @ (1 - accuracy))
    wanted = np.unique(np.searchsorted(ends, np.linspace(1 / _STEPS, 1, _STEPS) * n - 1e-9))
    points = tuple(
        Point(float(ends[at] / n), float(ordered[ends[at] - 1]), float(accuracy[at]))
        for at in wanted
    )
    yes_or_no = bool(((matched == 0) | (matched == 1)).all())
    safe = tuple(_safe(target, ends, sums, ordered, wanted) for target in TARGETS)
    return Selective(points, area, safe if yes_or_no else ())


def _safe(target: float, ends: Codes, sums: Floats, ordered: Floats, steps: Codes) -> Safe:
    best: int | None = None
    for at in steps:
        size = float(ends[at])
        hits = float(sums[int(size) - 1])
        bound = special.betaincinv(hits, size - hits + 1, 1 - _LEVEL) if hits > 0 else 0.0
        if bound < target:
            # The surest few may be too few to show anything yet; that is no failure of the model.
            if best is None and (1 - _LEVEL) ** (1 / size) < target:
                continue
            break
        best = int(at)
    if best is None:
        return Safe(target, None, None)
    last = int(ends[best])
    return Safe(target, last / len(ordered), float(ordered[last - 1]))
