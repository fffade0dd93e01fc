"""One look at all orders: likelihood, slopes and curvatures of choices from lists.

A list is an order whose first `depth` places were chosen one after another from what was left:
P(item i is chosen) = exp(a theta_i) / sum over those left (R. L. Plackett: The analysis of
permutations, 1975; R. D. Luce: Individual choice behavior, 1959), a being the person's
reliability. A sign of -1 reads a list as choices of the worst.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.compiled import kernel


@kernel
def look_at_choices(
    item: Codes,
    start: Codes,
    depth: Codes,
    sign: NDArray[np.int8],
    worker: Codes,
    first_cell: Codes,
    theta: Floats,
    reliability: Floats,
    slope: Floats,
    weight: Floats,
    people_slope: Floats,
    people_curve: Floats,
) -> float:
    """Fill in slopes and curvatures and give the log likelihood.

    List l holds `item[start[l]:start[l + 1]]`. Its pairs (x, y), x < y, are the cells from
    `first_cell[l]` on, row by row; `weight` gets each cell's curvature along its difference.
    """
    total = 0.0
    for at in range(len(depth)):
        begin, end, w = start[at], start[at + 1], worker[at]
        size = end - begin
        felt = np.empty(size)
        for x in range(size):
            felt[x] = sign[at] * theta[item[begin + x]]
        a = reliability[w]
        peak = (a * felt).max() if size else 0.0
        odds = np.exp(a * felt - peak)
        mass, mean, square = 0.0, 0.0, 0.0
        masses, means, squares = np.empty(size), np.empty(size), np.empty(size)
        for x in range(size - 1, -1, -1):  # sums over those left when place x is chosen
            mass += odds[x]
            mean += odds[x] * felt[x]
            square += odds[x] * felt[x] * felt[x]
            masses[x], means[x], squares[x] = mass, mean, square
        once, twice, cell = 0.0, 0.0, first_cell[at]
        for x in range(size):
            chosen = 0.0
            if x < depth[at]:
                chosen = 1.0
                expected = means[x] / masses[x]
                total += a * felt[x] - peak - np.log(masses[x])
                people_slope[w] += felt[x] - expected
                people_curve[w] += squares[x] / masses[x] - expected * expected
                once += 1.0 / masses[x]
                twice += 1.0 / (masses[x] * masses[x])
            slope[item[begin + x]] += sign[at] * a * (chosen - odds[x] * once)
            for y in range(x + 1, size):
                weight[cell] = a * a * odds[x] * odds[y] * twice
                cell += 1
    return total
