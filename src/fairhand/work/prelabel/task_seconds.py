"""How long each task will probably take: by how long it is, and by how probably its proposal holds.

A project's own answers tell how time grows with length; a text twice as long seldom takes twice as
long. Before enough are measured, all tasks count as equally long.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairhand.work.prelabel.seconds import Seconds

Floats = NDArray[np.float64]
FEWEST: Final = 20
"""Measured answers before length says anything."""
_PRIOR: Final = 2.0
"""What holds the slope back: as much as this sum of squares of log lengths."""
_MOST_SLOPE: Final = 1.0


def slope_by_length(lengths: Floats, ratios: Floats) -> float:
    """Learn how time grows with length: the power of the length, 0 (not at all) to 1 (alike).

    `ratios` are measured seconds over those that are usual for the way of answering.
    """
    known = (lengths > 0) & (ratios > 0)
    if int(known.sum()) < FEWEST:
        return 0.0
    along, across = np.log(lengths[known]), np.log(ratios[known])
    along, across = along - along.mean(), across - across.mean()
    slope = float(along @ across) / (float(along @ along) + _PRIOR)
    return min(_MOST_SLOPE, max(0.0, slope))


def times_by_length(lengths: Floats, slope: float, usual: float) -> Floats:
    """Say how many times as long as one of `usual` length each task takes."""
    factors = np.ones(len(lengths))
    known = lengths > 0
    if usual > 0:
        factors[known] = (lengths[known] / usual) ** slope
    return factors


def seconds_by_task(chances: Floats | None, factors: Floats, seconds: Seconds, ask: str) -> Floats:
    """Expect each task's seconds, asked as the owner wants; None: there are no proposals.

    `chances` are those that a proposal is accepted. For `auto` it is the quickest way.
    """
    if chances is None:
        return seconds.draw * factors
    right = np.clip(chances, 0.0, 1.0)
    wrong = 1.0 - right
    ways = {
        "verify": seconds.verify + wrong * seconds.draw,
        "fix": right * seconds.keep + wrong * seconds.mend,
        "draw": np.full(len(right), seconds.draw),
    }
    expected = ways[ask] if ask in ways else np.min(list(ways.values()), axis=0)
    found: Floats = expected * factors
    return found
