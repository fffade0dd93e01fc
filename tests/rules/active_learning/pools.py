"""Pools made for tests: clumps of items, a model that knows some of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.work.active_learning.choose import Pool

CLASSES = 4


def make_pool(items: int = 600, known: int = 24, seed: int = 1, **more: object) -> Pool:
    """Make items in four clumps, and a model that likes the clump an item is nearest to."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(CLASSES, 6)) * 3.0
    truth = rng.integers(CLASSES, size=items + known)
    points = (centres[truth] + rng.normal(size=(items + known, 6)) * 1.5).astype(np.float32)
    far = ((points[:items, None] - centres[None]) ** 2).sum(axis=2)
    raised = np.exp((far.min(axis=1, keepdims=True) - far) / 6.0)
    likely = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    given: dict[str, Any] = {
        "probabilities": likely,
        "labelled_features": points[items:],
        "labels": truth[items:],
        "heads": np.stack([likely, np.roll(likely, 1, axis=1), likely[:, ::-1]]),
    }
    return Pool(points[:items], **{**given, **more})


def gradients(pool: Pool) -> NDArray[np.float64]:
    """Make the whole matrix that BADGE does without, for comparison."""
    assert pool.probabilities is not None
    pull = pool.probabilities.astype(float)
    pull[np.arange(len(pull)), pull.argmax(axis=1)] -= 1.0
    whole = np.einsum("nc,nd->ncd", pull, pool.features)
    flat: NDArray[np.float64] = whole.reshape(len(pull), -1)
    return flat
