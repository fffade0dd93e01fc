"""How unsure a model is of each item; all between 0 (sure) and 1 (knows nothing)."""

from __future__ import annotations

import numpy as np

from fairhand.work.active_learning.distances import pieces
from fairhand.work.active_learning.shapes import Floats


def narrowness(probabilities: Floats) -> Floats:
    """Say how narrow the margin between the two likeliest classes is: 1 - (p1 - p2).

    Scheffer, Decomain and Wrobel 2001; the columns are gone through once, without sorting.
    """
    found = np.empty(len(probabilities), np.float32)
    for piece in pieces(len(probabilities), 8 * probabilities.shape[1]):
        columns = np.ascontiguousarray(probabilities[piece].T, np.float32)
        first, second = columns[0].copy(), np.zeros(columns.shape[1], np.float32)
        for column in columns[1:]:
            np.maximum(second, np.minimum(first, column), out=second)
            np.maximum(first, column, out=first)
        found[piece] = 1.0 - (first - second)
    return np.clip(found, 0.0, 1.0, out=found)


def entropy(probabilities: Floats) -> Floats:
    """Give the entropy of each row, 1 where all classes are as likely (Shannon 1948)."""
    found = np.empty(len(probabilities), np.float32)
    most = np.log(max(probabilities.shape[1], 2))
    for piece in pieces(len(probabilities), 8 * probabilities.shape[1]):
        part = probabilities[piece]
        found[piece] = -(part * np.log(np.maximum(part, 1e-12))).sum(axis=1) / most
    return np.clip(found, 0.0, 1.0, out=found)


def disagreement(heads: Floats) -> Floats:
    """Say how far several models differ: the information their choice holds (BALD).

    Houlsby et al. 2011: entropy of the mean less the mean of entropies. `heads` are H x N x C.
    """
    found = np.empty(heads.shape[1], np.float32)
    for piece in pieces(heads.shape[1], 8 * heads.shape[0] * heads.shape[2]):
        part = heads[:, piece]
        mean = np.mean([entropy(head) for head in part], axis=0)
        found[piece] = entropy(part.mean(axis=0)) - mean
    return np.clip(found, 0.0, 1.0, out=found)
