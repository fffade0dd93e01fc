"""Are a model's scores what they claim to be: bins of like scores, and how far they lie off.

Bins hold equally many tasks, which biases less than bins of equal width (R. Roelofs, N. Cain,
J. Shlens, M. C. Mozer: Mitigating bias in calibration error estimation, AISTATS 2022). A mean gap
is never zero by chance alone: `ece` takes off what chance adds to gaps of this size (A. Kumar,
P. Liang, T. Ma: Verified uncertainty calibration, NeurIPS 2019, by the mean of a folded normal,
F. C. Leone, L. S. Nelson, R. B. Nottingham, 1961), which leaves some of it for small gaps;
`by_chance` is what perfect scores would show here, and `rms` the root of their unbiased squared
error. Brier's score: G. W. Brier, 1950.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import special

from fairhand.quality.evaluation.judged import Bools, Estimate, Floats, mean_estimate, wilson

MOST_BINS = 15
LEAST_PER_BIN = 20
LEAST_TASKS = 20
_ROUNDED = 1e-6


@dataclass(frozen=True, slots=True)
class Bin:
    """Tasks of like score: what was claimed of them on average, and what share was right."""

    tasks: int
    claimed: float
    right: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far scores can be believed; `gap` above zero says too sure."""

    tasks: int
    gap: float
    ece: float
    ece_plain: float
    by_chance: float
    rms: float
    brier: Estimate
    brier_of: str  # "labels": over all labels' probabilities; "right": of being right
    bins: tuple[Bin, ...]


def measure_reliability(
    scores: Floats, right: Bools, labels: tuple[Floats, Bools] | None = None
) -> Reliability | None:
    """Hold claimed scores against what was right; None for too few tasks to say anything.

    `labels` are the probabilities of all labels and the true one as 0 and 1, both tasks by labels;
    Brier's score is then summed over labels (0 to 2), else it is that of being right (0 to 1).
    """
    n = len(scores)
    if n < LEAST_TASKS:
        return None
    bins = _bins(scores, right.astype(np.float64))
    sizes = np.array([one.tasks for one in bins], dtype=np.float64)
    gaps = np.array([one.right - one.claimed for one in bins])
    share = sizes / n
    spread = np.array([one.right * (1 - one.right) for one in bins])
    plain = float(share @ np.abs(gaps))
    added = _folded_mean(gaps, np.sqrt(spread / sizes)) - np.abs(gaps)
    squared = float(share @ (gaps**2 - spread / np.maximum(sizes - 1, 1)))
    return Reliability(
        n,
        float(scores.mean() - right.mean()),
        max(0.0, plain - float(share @ added)),
        plain,
        float(share @ _folded_mean(np.zeros(len(bins)), _chance_spread(bins))),
        math.sqrt(max(0.0, squared)),
        _brier(scores, right, labels),
        "right" if labels is None else "labels",
        bins,
    )


def label_table(
    classes: Sequence[str],
    probabilities: Sequence[Mapping[str, float] | None],
    truths: Sequence[Any],
) -> tuple[Floats, Bools] | None:
    """Lay label probabilities out as a table; None where some task has none or they do not add up.

    Probabilities that were rounded are brought back to a sum of one.
    """
    if not truths or any(one is None for one in probabilities):
        return None
    rows = [[(one or {}).get(label, 0.0) for label in classes] for one in probabilities]
    table = np.array(rows, dtype=np.float64)
    sums = table.sum(axis=1)
    if (np.abs(sums - 1.0) > 0.02).any():
        return None
    known = np.array([[label == truth for label in classes] for truth in truths], dtype=np.bool_)
    return table / sums[:, None], known


def _brier(scores: Floats, right: Bools, labels: tuple[Floats, Bools] | None) -> Estimate:
    if labels is None:
        return mean_estimate((scores - right) ** 2)
    table, known = labels
    half = mean_estimate(((table - known) ** 2).sum(axis=1) / 2)
    return Estimate(2 * half.value, 2 * half.low, 2 * half.high, half.tasks)


def _bins(scores: Floats, right: Floats) -> tuple[Bin, ...]:
    """Cut into bins of about equally many tasks; equal scores stay together."""
    count = int(np.clip(len(scores) // LEAST_PER_BIN, 1, MOST_BINS))
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    places = np.linspace(0, len(scores), count + 1).round().astype(int)[1:-1]
    # A cut inside a run of equal scores moves to the run's start.
    cuts = np.unique(np.searchsorted(ordered, ordered[places] - _ROUNDED))
    edges = [0, *(int(cut) for cut in cuts if cut > 0), len(scores)]
    found = []
    for first, last in pairwise(edges):
        inside = order[first:last]
        hits = float(right[inside].sum())
        size = last - first
        found.append(Bin(size, float(scores[inside].mean()), hits / size, *wilson(hits, size)))
    return tuple(found)


def _chance_spread(bins: Sequence[Bin]) -> Floats:
    """How far the right share of each bin strays where its claim is exactly true."""
    claimed = np.clip([one.claimed for one in bins], 0.0, 1.0)
    found: Floats = np.sqrt(claimed * (1 - claimed) / [one.tasks for one in bins])
    return found


def _folded_mean(middle: Floats, spread: Floats) -> Floats:
    """Mean of |X| for X normal around `middle`; |middle| itself where there is no spread."""
    safe = np.maximum(spread, 1e-12)
    z = middle / safe
    normal = safe * math.sqrt(2 / math.pi) * np.exp(-(z**2) / 2)
    found: Floats = np.where(
        spread > 0, normal + middle * (1 - 2 * special.ndtr(-z)), np.abs(middle)
    )
    return found
