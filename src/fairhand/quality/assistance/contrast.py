"""Two ways of being asked, drawn by chance at every hand-out, compared within people.

Whether somebody meets a task with or without its proposal is drawn by chance, so the two sets of
answers differ in nothing else. Comparing within each person takes out that some work faster or
judge otherwise; people are weighed by what their answers tell (n1 n0 / (n1 + n0), the weights of
the estimator with a fixed effect for each person).

The error is the larger of two: what chance alone leaves when each arm has its own spread (J.
Neyman, 1923), and what people differ by (clustered by person, corrected for few of them).

An owner looks at any time and as often as they like, and a rule looks every few minutes. Intervals
that are made for one look are wrong for many; those here hold for all looks at once (the normal
mixture of H. Robbins, Statistical methods related to the law of the iterated logarithm, 1970;
asymptotically by I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas, Time-uniform
central limit theory and asymptotic confidence sequences, Annals of Statistics 2024).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

LEAST_CLUSTERS: Final = 5
"""How many people it takes before their differences from one another are known at all."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """How values with a proposal differ from those without, on average over people.

    `difference` is with minus without, within people; `error` its standard error. `mean_with` and
    `mean_without` are over all answers, `people` those who have both kinds.
    """

    difference: float
    error: float
    with_it: int
    without: int
    people: int
    mean_with: float
    mean_without: float

    def radius(self, alpha: float, scale: float) -> float:
        """Give how far the truth may lie from `difference`, wrong at most with chance `alpha`.

        It holds at all looks together. `scale` is the size of difference that one wants to see
        soonest, in units of the values.
        """
        if self.error <= 0.0:
            return math.inf
        known = (scale / self.error) ** 2
        looks = 2.0 * math.log(math.sqrt(known + 1.0) / alpha)
        return self.error * math.sqrt((known + 1.0) / known * looks)


def compare(person: Codes, shown: NDArray[np.bool_], value: Floats) -> Contrast | None:
    """Compare values of answers with a proposal (`shown`) and without, within people.

    None while nobody has answered both ways, or too few answers have come to know their spread.
    """
    _, who = np.unique(person, return_inverse=True)
    cell = 2 * who + shown
    size = 2 * (int(who.max(initial=-1)) + 1)
    n = np.bincount(cell, minlength=size).reshape(-1, 2).astype(np.float64)
    total = np.bincount(cell, weights=value, minlength=size).reshape(-1, 2).astype(np.float64)
    both = (n > 0).all(axis=1)
    spread = _spread(value, cell, total, n)
    if not both.any() or spread is None:
        return None
    counts, means = n[both], total[both] / n[both]
    weight = counts.prod(axis=1) / counts.sum(axis=1)
    apart = means[:, 1] - means[:, 0]
    difference = float(weight @ apart / weight.sum())
    variance = float(weight**2 @ (spread / counts).sum(axis=1)) / float(weight.sum()) ** 2
    people = int(both.sum())
    if people >= LEAST_CLUSTERS:
        between = float(weight**2 @ (apart - difference) ** 2) / float(weight.sum()) ** 2
        variance = max(variance, between * people / (people - 1))
    return Contrast(
        difference,
        math.sqrt(variance),
        int(shown.sum()),
        int((~shown).sum()),
        people,
        float(value[shown].mean()),
        float(value[~shown].mean()),
    )


def _spread(value: Floats, cell: Codes, total: Floats, n: Floats) -> Floats | None:
    """Give the variance within people of answers without and with a proposal; None if unknown."""
    mean = (total / np.maximum(n, 1.0)).ravel()
    squares = np.bincount(cell, weights=(value - mean[cell]) ** 2, minlength=n.size)
    freedom = np.maximum(n - 1.0, 0.0).sum(axis=0)
    if (freedom < 1.0).any():
        return None
    found: Floats = squares.reshape(-1, 2).sum(axis=0) / freedom
    return found
