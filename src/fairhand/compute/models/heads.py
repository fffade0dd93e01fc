"""A linear head: logistic regression on features, whose scores are probabilities that hold.

How hard weights are held back (C of L2) and the temperature that makes scores hold (Guo et al.
2017, "On Calibration of Modern Neural Networks") are both read off answers that the head did not
learn from: every fold is scored by a head fitted to the others. Rare labels weigh more, by the
square root of what would make all labels equal. Labels that nobody has chosen yet keep a small
probability (`unseen_share`).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError, Features, NotEnoughError
from fairhand.compute.models.calibration import (
    Curve,
    fit_curve,
    fit_temperature,
    log_loss,
    softmax,
)

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

STRENGTHS: Final = (0.0625, 0.25, 1.0, 4.0, 16.0, 64.0, 256.0)
"""Choices of C, for rows whose squared length is one on average."""
_USUAL: Final = 16.0
FOLDS: Final = 5
RARITY: Final = 0.5
"""Power of the weight of rare labels: 0 leaves them as they are, 1 makes all labels equal."""
_MOST_TO_CHOOSE_BY: Final = 2_000
_FEWEST_FOR_A_CURVE: Final = 200
_FLOOR: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Head:
    """Softmax of ((x - centre) / scale @ weights.T + bias) / temperature, over labels in all.

    `weights` is S x D and `bias` S for the S labels seen; `seen` holds their places among all
    `classes`. `curve`, of a yes-or-no head with answers enough, maps the second label's
    probability to how often it came true.
    """

    centre: NDArray[np.float32]
    scale: float
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    seen: Labels
    classes: int
    temperature: float
    unseen: float
    strength: float
    curve: Curve | None = None

    def probabilities(self, features: Features) -> Floats:
        """Give N x C probabilities whose rows sum to one."""
        scaled = (features - self.centre) / np.float32(self.scale)
        logits = (scaled @ self.weights.T + self.bias).astype(np.float64) / self.temperature
        whole = _spread(softmax(logits), self.seen, self.classes, self.unseen)
        if self.curve is None:
            return whole
        second = self.curve.read(whole[:, 1])
        return np.column_stack([1.0 - second, second])


def fit_head(
    features: Features, labels: Labels, weights: Floats, classes: int, groups: Labels, seed: int
) -> Head:
    """Learn a head from N x D features and a label's place for each row.

    Rows of one group (one task, judged by several people) stay in one fold. Raises NotEnoughError
    until two labels were seen. The same input gives the same head, bit for bit.
    """
    seen = np.unique(labels)
    if len(seen) < 2:
        raise NotEnoughError(
            f"All {len(labels)} answers are the same label; one of another label is needed."
        )
    with one_thread():
        centre = np.average(features, axis=0, weights=weights).astype(np.float32)
        centred = (features - centre).astype(np.float64)
        scale = float(np.sqrt(np.mean(np.einsum("nd,nd->n", centred, centred)))) or 1.0
        rows, basis = rotate(centred / scale)
        known = np.searchsorted(seen, labels)
        folds = fold_places(known, groups, seed)
        strength, out, left_out = _choose_strength(rows, known, weights, folds, len(seen))
        temperature = fit_temperature(left_out, known[out], weights[out])
        coefficients, bias = _fit(rows, known, weights, strength)
        return Head(
            centre=centre,
            scale=scale,
            weights=(coefficients @ basis).astype(np.float32),
            bias=bias.astype(np.float32),
            seen=seen.astype(np.int64),
            classes=classes,
            temperature=temperature,
            unseen=unseen_share(np.bincount(known), classes),
            strength=strength,
            curve=_curve(left_out, known[out], weights[out], temperature, classes),
        )


def constant_head(dimensions: int, label: int, answers: int) -> Head:
    """A yes-or-no head that knows one side only: Laplace's rule, whatever the features."""
    return Head(
        centre=np.zeros(dimensions, dtype=np.float32),
        scale=1.0,
        weights=np.zeros((1, dimensions), dtype=np.float32),
        bias=np.zeros(1, dtype=np.float32),
        seen=np.array([label], dtype=np.int64),
        classes=2,
        temperature=1.0,
        unseen=1.0 / (answers + 2),
        strength=0.0,
    )


def _curve(
    left_out: Floats, known: Labels, weights: Floats, temperature: float, classes: int
) -> Curve | None:
    """Fit a yes-or-no head's curve to scores left out, where there are answers enough."""
    if classes != 2 or len(known) < _FEWEST_FOR_A_CURVE or np.bincount(known).min() < 20:
        return None
    return fit_curve(softmax(left_out / temperature)[:, 1], known == 1, weights)


def unseen_share(counts: Labels, classes: int) -> float:
    """Give the share of each label that was never answered.

    All of them together have what Good and Turing give (Good 1953): as much as the labels answered
    once; each has Laplace's 1 / (n + C) at least, and all have half at most.
    """
    missing, total = classes - len(counts), int(counts.sum())
    if missing <= 0:
        return 0.0
    by_laplace = missing / (total + classes)
    return min(0.5, max(by_laplace, float((counts == 1).sum()) / total)) / missing


def _spread(shares: Floats, seen: Labels, classes: int, unseen: float) -> Floats:
    """Give labels never seen their small probability, and the others the rest."""
    whole = np.full((len(shares), classes), unseen)
    whole[:, seen] = (1.0 - unseen * (classes - len(seen))) * shares
    return whole


def rotate(rows: Floats) -> tuple[Floats, Floats]:
    """Turn N rows of D > N dimensions into N dimensions without loss, and the way back.

    L2 keeps weights within the span of the rows, so that learning there is the same, and quick.
    """
    count, dimensions = rows.shape
    if dimensions <= count:
        return rows, np.eye(dimensions)
    values, vectors = np.linalg.eigh(rows @ rows.T)
    kept = values > values[-1] * 1e-10
    lengths = np.sqrt(values[kept])
    basis = (vectors[:, kept] / lengths).T @ rows
    return vectors[:, kept] * lengths, basis


def fold_places(labels: Labels, groups: Labels, seed: int) -> Labels:
    """Deal groups out over folds, label by label, so that every fold has its share of each."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(first))
    order = order[np.argsort(labels[first][order], kind="stable")]
    fold = np.empty(len(first), dtype=np.int64)
    fold[order] = np.arange(len(first)) % FOLDS
    return fold[inverse]


def _choose_strength(
    rows: Floats, labels: Labels, weights: Floats, folds: Labels, seen: int
) -> tuple[float, Labels, Floats]:
    """Choose C by the loss of answers left out; give it, which were left out, and their logits.

    Beyond 2,000 rows a part of them chooses, and two folds are enough to calibrate by.
    """
    many = len(rows) > _MOST_TO_CHOOSE_BY
    part = np.arange(0, len(rows), -(-len(rows) // _MOST_TO_CHOOSE_BY))
    tried: list[tuple[float, float, Floats]] = []
    for strength in STRENGTHS:
        left = _left_out(rows[part], labels[part], weights[part], folds[part], strength, seen)
        warm = fit_temperature(left, labels[part], weights[part])
        loss = len(part) * log_loss(left / warm, labels[part], weights[part])
        tried.append((loss + _usual_pull(strength), strength, left))
        if tried[-1][0] > 1.02 * min(one[0] for one in tried):
            break
    _, strength, left = min(tried, key=lambda one: one[0])
    if not many:
        return strength, part, left
    two = np.flatnonzero(folds < 2)
    return strength, two, _left_out(rows, labels, weights, folds, strength, seen, 2)[two]


def _usual_pull(strength: float) -> float:
    """Hold C near 16 while answers are few: left out one by one, ten say nothing about it."""
    return 0.25 * float(np.log(strength / _USUAL) / np.log(4.0)) ** 2


def _left_out(
    rows: Floats,
    labels: Labels,
    weights: Floats,
    folds: Labels,
    strength: float,
    seen: int,
    most: int = FOLDS,
) -> Floats:
    """Give N x S logits of each row, by a head that has not seen the row's fold."""
    whole = np.full((len(rows), seen), 1.0 / seen)
    for fold in range(most):
        out = folds == fold
        known = np.unique(labels[~out])
        if not out.any() or not len(known):
            continue
        shares = np.ones((int(out.sum()), 1))
        if len(known) > 1:
            inner = np.searchsorted(known, labels[~out])
            coefficients, bias = _fit(rows[~out], inner, weights[~out], strength)
            shares = softmax(rows[out] @ coefficients.T + bias)
        counts = np.bincount(labels[~out])
        whole[out] = _spread(shares, known, seen, unseen_share(counts[counts > 0], seen))
    logits: Floats = np.log(np.maximum(whole, _FLOOR))
    return logits


def _fit(rows: Floats, labels: Labels, weights: Floats, strength: float) -> tuple[Floats, Floats]:
    """Fit logistic regression: S x D weights and S biases for the labels 0 … S - 1."""
    model = _regression(strength)
    totals = np.bincount(labels, weights=weights)
    balance = (totals.sum() / (len(totals) * totals)) ** RARITY
    with warnings.catch_warnings():  # one that stops early is as good a head
        warnings.simplefilter("ignore")
        model.fit(rows, labels, sample_weight=weights * balance[labels])
    if len(totals) == 2:
        return np.vstack([-model.coef_, model.coef_]) / 2, np.r_[
            -model.intercept_, model.intercept_
        ] / 2
    return model.coef_, model.intercept_


def _regression(strength: float) -> Any:  # noqa: ANN401
    """Make a regression; raises AssistantError where scikit-learn is not installed."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise AssistantError("Learning needs scikit-learn: install fairhand[assist].") from error
    return LogisticRegression(C=strength, max_iter=500, tol=3e-4)


def one_thread() -> Any:  # noqa: ANN401
    """Sum in one order, whatever the machine's cores, so that bytes come out the same."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise AssistantError("Learning needs scikit-learn: install fairhand[assist].") from error
    return threadpool_limits(limits=1)
