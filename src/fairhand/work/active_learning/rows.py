"""Which rows a strategy looks at, and the best of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.work.active_learning.shapes import Field, Floats, Indices


def free_rows(field: Field) -> Indices:
    """Give the rows that may be chosen."""
    return np.arange(field.pool.size) if field.rows is None else field.rows


def draw(field: Field, most: int, rng: np.random.Generator) -> Indices:
    """Give the rows that may be chosen, or as many of them as `most`, drawn by chance."""
    count = field.pool.size if field.rows is None else len(field.rows)
    if count <= most:
        return free_rows(field)
    drawn = np.sort(rng.choice(count, most, replace=False, shuffle=False))
    return drawn if field.rows is None else field.rows[drawn]


def best(scores: NDArray[np.floating[Any]], count: int, rng: np.random.Generator) -> Indices:
    """Give the places of the highest scores, highest first; chance decides between equals."""
    count = min(count, len(scores))
    if count <= 0:
        return np.empty(0, np.int64)
    if count < len(scores):
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
        over, level = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
        ties = rng.choice(level, count - len(over), replace=False)
        found = np.concatenate([over, ties])
    else:
        found = np.arange(len(scores))
    return found[np.lexsort((rng.random(len(found)), -scores[found]))]


def all_probabilities(field: Field) -> Floats:
    """Give the model's probabilities of the whole pool."""
    if field.pool.probabilities is None:
        raise ValueError("this strategy needs probabilities")
    return field.pool.probabilities


def given_probabilities(field: Field) -> Floats:
    """Give the model's probabilities of the rows that may be chosen."""
    given = all_probabilities(field)
    return given if field.rows is None else given[field.rows]


def weighted(scores: Floats, field: Field, rows: Indices | None = None) -> Floats:
    """Multiply scores by what the items are worth a minute; `rows` where not all are scored."""
    if field.weights is None:
        return scores
    chosen = field.rows if rows is None else rows
    product: Floats = scores * (field.weights if chosen is None else field.weights[chosen])
    return product


def known_features(field: Field) -> Floats:
    """Give the features of the items that people have answered; none is a matrix of no rows."""
    given = field.pool.labelled_features
    if given is None:
        return np.empty((0, field.pool.features.shape[1]), np.float32)
    return given
