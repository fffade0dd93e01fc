"""One look at all votes on pairs: likelihood, slopes and curvatures.

A person w who sees left and right feels u = a_w (theta_left - theta_right) + side_w and says
left : same : right in the odds exp(u/2) : exp(tie_w) : exp(-u/2). That is R. R. Davidson: On
extending the Bradley-Terry model to accommodate ties, JASA 65, 1970, with a reliability a_w, a
side and a threshold of each person's own.
"""

from __future__ import annotations

import numpy as np

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.compiled import kernel
from fairhand.quality.ranking.pairs import Votes

# The curvature of a person's a, side and tie, and the places of its six parts in a 3 x 3 matrix.
PARTS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


@kernel
def look_at_pairs(
    left: Codes,
    right: Codes,
    vote: Votes,
    worker: Codes,
    count: Floats,
    theta: Floats,
    people: Floats,
    slope: Floats,
    weight: Floats,
    people_slope: Floats,
    people_curve: Floats,
) -> float:
    """Fill in slopes and curvatures and give the log likelihood.

    `people` is people x (reliability, side, tie); a tie of -700 or less means nobody may say
    same. `weight[c]` is the curvature of cell c along its difference of scores.
    """
    total = 0.0
    for c in range(len(vote)):
        w, first, second, n = worker[c], left[c], right[c], count[c]
        a = people[w, 0]
        gap = theta[first] - theta[second]
        u = a * gap + people[w, 1]
        tie = people[w, 2]
        # In shares of the favoured side, so that nothing overflows: one exponential a cell.
        less = np.exp(-abs(u))
        on_same = np.exp(tie) * np.sqrt(less) if tie > -700.0 else 0.0
        mass = 1.0 + less + on_same
        on_same /= mass
        on_left = 1.0 / mass if u > 0.0 else less / mass
        on_right = less / mass if u > 0.0 else 1.0 / mass
        lean = on_left - on_right
        says = float(vote[c])
        felt = says * u / 2.0
        if vote[c] == 0:
            felt = tie
        total += n * (felt - abs(u) / 2.0 - np.log(mass))
        slope_u = n * (says - lean) / 2.0
        slope_tie = -n * on_same
        if vote[c] == 0:
            slope_tie += n
        curve_u = n * (on_left + on_right - lean * lean) / 4.0
        cross = -n * on_same * lean / 2.0
        slope[first] += a * slope_u
        slope[second] -= a * slope_u
        weight[c] = a * a * curve_u
        people_slope[w, 0] += slope_u * gap
        people_slope[w, 1] += slope_u
        people_slope[w, 2] += slope_tie
        people_curve[w, 0] += curve_u * gap * gap
        people_curve[w, 1] += curve_u * gap
        people_curve[w, 2] += cross * gap
        people_curve[w, 3] += curve_u
        people_curve[w, 4] += cross
        people_curve[w, 5] += n * on_same * (1.0 - on_same)
    return total
