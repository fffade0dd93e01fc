"""Scores that hold: temperature for several labels, a rising curve for one yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_PULL: Final = 2.0
"""How strongly the temperature is held near 1: with few answers it says little by itself."""
_SPAN: Final = 3.0
"""The temperature lies between exp(-3) and exp(3)."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising line through knots: probability as scored, to how often it came true."""

    scored: Floats
    true: Floats

    def read(self, scores: Floats) -> Floats:
        """Read the curve at scores between 0 and 1."""
        return np.interp(scores, self.scored, self.true)


def softmax(logits: Floats) -> Floats:
    """Turn rows of logits into rows of probabilities."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    whole: Floats = raised / raised.sum(axis=1, keepdims=True)
    return whole


def log_loss(logits: Floats, labels: Labels, weights: Floats) -> float:
    """Weighted mean of minus the log of what was given to the right label."""
    top = logits.max(axis=1)
    sums = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    losses = sums - logits[np.arange(len(labels)), labels]
    return float(np.average(losses, weights=weights))


def fit_temperature(logits: Floats, labels: Labels, weights: Floats) -> float:
    """Find the temperature of least loss, held near 1 while answers are few."""
    total = float(weights.sum())

    from scipy.optimize import minimize_scalar  # a server that only shows models starts sooner

    def loss(log_temperature: float) -> float:
        fit = log_loss(logits / np.exp(log_temperature), labels, weights)
        return total * fit + _PULL * log_temperature**2

    found = minimize_scalar(loss, bounds=(-_SPAN, _SPAN), method="bounded")
    return float(np.exp(found.x))


def fit_curve(scores: Floats, came_true: NDArray[np.bool_], weights: Floats) -> Curve:
    """Fit a rising curve (isotonic regression) and join the middles of its steps.

    Its ends keep Laplace's distance from 0 and 1: no number of answers makes certain.
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(scores, kind="stable")
    fitted = isotonic_regression(came_true[order].astype(np.float64), weights=weights[order])
    starts = np.asarray(fitted.blocks[:-1])
    counts = np.diff(fitted.blocks)
    middles = np.add.reduceat(scores[order], starts) / counts
    levels = fitted.x[starts]
    least = 1.0 / (len(scores) + 2)
    return Curve(
        np.concatenate([[0.0], middles, [1.0]]),
        np.clip(np.concatenate([levels[:1], levels, levels[-1:]]), least, 1.0 - least),
    )


def expected_calibration_error(
    scores: Floats, came_true: NDArray[np.bool_], bins: int = 15
) -> float:
    """Mean distance of score from share that came true, over bins of equal count (Guo 2017)."""
    order = np.argsort(scores, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(scores[part].mean() - came_true[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(scores)) if len(scores) else 0.0
