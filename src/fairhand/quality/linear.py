"""Multinomial logistic regression on soft labels, cross-fitted: every row judged by a stranger.

Ridge-penalised and fitted by L-BFGS (D. C. Liu, J. Nocedal 1989). Each row's probabilities come
from a model that has not seen the row (V. Chernozhukov and others: Double machine learning, 2018,
call this cross-fitting). The penalty is the one under which unseen rows are most probable.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fairhand.quality.aggregation.codes import Codes, Floats

PENALTIES = (0.03, 0.3, 3.0, 30.0, 300.0)
_STEPS = 80
_LEAST = 1e-6


def cross_fit(
    rows: Floats, targets: Floats, fold: Codes, penalties: Sequence[float] = PENALTIES
) -> Floats:
    """Give each row's class probabilities, by models fitted on the other folds.

    `rows` is n x d, `targets` n x classes (each row sums to one), `fold` the fold of each row.
    """
    scaled = _standardise(rows)
    best, found = -np.inf, np.full(targets.shape, 1.0 / max(targets.shape[1], 1))
    weights: dict[int, Floats] = {}
    for penalty in sorted(penalties, reverse=True):
        told = np.empty_like(targets)
        for turn in np.unique(fold).tolist():
            out = fold == turn
            # The fit under a stronger penalty is a good place to start from.
            weights[turn] = fit_softmax(scaled[~out], targets[~out], penalty, weights.get(turn))
            told[out] = softmax(scaled[out] @ weights[turn])
        score = float((targets * np.log(np.maximum(told, _LEAST))).sum())
        if score > best:
            best, found = score, told
    return found


def fit_softmax(
    rows: Floats, targets: Floats, penalty: float, begin: Floats | None = None
) -> Floats:
    """Give the weights, d x classes, that make soft targets most probable under a ridge."""
    from scipy.optimize import minimize  # slow to import, and only features need it

    shape = rows.shape[1], targets.shape[1]
    free = np.ones(shape[0])
    free[-1] = 0.0  # the last column is constant, and unpenalised

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(shape)
        scores = rows @ weights
        peak = scores.max(axis=1, keepdims=True)
        mass = np.log(np.exp(scores - peak).sum(axis=1, keepdims=True)) + peak
        shrunk = penalty * free[:, None] * weights
        slope = rows.T @ (np.exp(scores - mass) - targets) + shrunk
        value = float((mass[:, 0] - (targets * scores).sum(axis=1)).sum())
        return value + 0.5 * float((shrunk * weights).sum()), slope.reshape(-1)

    start = np.zeros(shape) if begin is None else begin
    result = minimize(loss, start.reshape(-1), jac=True, method="L-BFGS-B",
                      options={"maxiter": _STEPS})  # fmt: skip
    found: Floats = np.asarray(result.x).reshape(shape)
    return found


def softmax(scores: Floats) -> Floats:
    """Turn scores into probabilities, row by row."""
    raised: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    raised /= raised.sum(axis=1, keepdims=True)
    return raised


def _standardise(rows: Floats) -> Floats:
    """Centre and scale each column, and add a constant one."""
    spread = rows.std(axis=0)
    kept = spread > 0.0
    scaled = (rows[:, kept] - rows[:, kept].mean(axis=0)) / spread[kept]
    return np.concatenate([scaled, np.ones((len(rows), 1))], axis=1)
