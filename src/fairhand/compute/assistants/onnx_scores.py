"""Raw outputs of a network as probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def shares_of(scores: Floats, meaning: str, axis: int = -1) -> Floats:
    """Give probabilities along an axis: as they are, or by softmax.

    `auto` looks, row by row, whether they are some already: from 0 to 1 and together 1. Scores of
    several labels at once need not sum to one, so for those say `probabilities`.
    """
    if meaning == "probabilities":
        return np.clip(scores, 0, 1)
    lifted = np.exp(scores - scores.max(axis=axis, keepdims=True))
    soft = np.asarray(lifted / lifted.sum(axis=axis, keepdims=True), dtype=np.float32)
    if meaning == "logits":
        return soft
    within = ((scores >= -1e-6) & (scores <= 1 + 1e-6)).all(axis=axis, keepdims=True)
    whole = np.abs(scores.sum(axis=axis, keepdims=True) - 1) <= 1e-3
    return np.where(within & whole, np.clip(scores, 0, 1), soft)
