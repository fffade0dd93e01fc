"""Strategies that ask what the model is least sure of, one item at a time."""

from __future__ import annotations

import numpy as np

from fairhand.work.active_learning.rows import best, free_rows, given_probabilities, weighted
from fairhand.work.active_learning.shapes import Field, Floats, Indices
from fairhand.work.active_learning.systems import strategy
from fairhand.work.active_learning.uncertainty import disagreement, entropy, narrowness


@strategy("random", "by chance")
def pick_random(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Draw items by chance; never weighed, so that what they measure is unbiased."""
    if field.rows is None:
        count = field.pool.size
        return rng.choice(count, min(batch, count), replace=False).astype(np.int64)
    return rng.choice(field.rows, min(batch, len(field.rows)), replace=False)


@strategy("margin", "two classes nearly as likely first")
def pick_margin(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Ask where the two likeliest classes are closest."""
    return _highest(narrowness(given_probabilities(field)), field, batch, rng)


@strategy("entropy", "probabilities nearly even first")
def pick_entropy(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Ask where the probabilities are most even; worse than chance on few labels (measured)."""
    return _highest(entropy(given_probabilities(field)), field, batch, rng)


@strategy("bald", "those first about which several models differ")
def pick_bald(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Ask where several models differ most; worse than chance on few labels (measured)."""
    heads = field.pool.heads
    if heads is None:
        raise ValueError("bald needs heads")
    if field.rows is not None:
        heads = heads[:, field.rows]
    return _highest(disagreement(heads), field, batch, rng)


def _highest(scores: Floats, field: Field, batch: int, rng: np.random.Generator) -> Indices:
    places = best(weighted(scores, field), batch, rng)
    return places if field.rows is None else free_rows(field)[places]
