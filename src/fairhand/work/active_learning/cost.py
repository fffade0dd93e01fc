"""What an item is worth a minute: what it may teach, over the paid time that it takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairhand.work.active_learning.shapes import Floats, Pool, Settings

MOST = 4.0
"""No item counts for more than this many times, or less than this part of, the median one: else
a pool with a few trivial items would be asked for those alone, and never covered."""


def expected_seconds(pool: Pool) -> NDArray[np.float64] | None:
    """Say how long a person will probably take over each item; None where that is not known.

    With a proposal, accepting it where it is right and answering by hand after looking at it
    where it is wrong.
    """
    if pool.seconds is None:
        return None
    by_hand = np.asarray(pool.seconds, np.float64)
    if pool.acceptance is None or pool.seconds_to_accept is None:
        return by_hand
    right = np.clip(np.asarray(pool.acceptance, np.float64), 0.0, 1.0)
    return np.asarray(pool.seconds_to_accept, np.float64) + (1.0 - right) * by_hand


def worth_per_minute(pool: Pool, settings: Settings) -> Floats | None:
    """Give each item's weight: the median time over its own, so that units do not matter.

    None, where nothing is known of the time or all items take as long.
    """
    seconds = expected_seconds(pool) if settings.cost_aware else None
    if seconds is None:
        return None
    known = np.isfinite(seconds) & (seconds > 0.0)
    if not known.any():
        return None
    middle = float(np.median(seconds[known]))
    weights = np.ones(len(seconds), np.float32)
    weights[known] = np.clip(middle / seconds[known], 1.0 / MOST, MOST)
    return None if np.all(weights == 1.0) else weights
