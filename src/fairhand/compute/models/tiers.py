"""How heavy a text is to read: a tier from 0 to 4, learnt from people's votes.

An ordinal model (proportional odds, McCullagh 1980, "Regression Models for Ordinal Data") on what
texts mean and how they are spelt: one direction from light to heavy, and four thresholds on it.
Votes may differ about a text; each counts. Care for people asks for a tier that is not exceeded
too often, so a proposal names two: the likeliest, and the one that few texts like it go beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from fairhand.compute.assistants.contract import (
    AssistantError,
    Embedder,
    Features,
    Item,
    NotEnoughError,
)
from fairhand.compute.models.heads import fold_places, one_thread, rotate
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt
from fairhand.compute.models.linear import with_beside
from fairhand.compute.models.text import SpellingEmbedder, text_embedder

Floats = NDArray[np.float64]

TIERS: Final = 5
FEWEST: Final = 10
_STRENGTHS: Final = (0.3, 1.0, 3.0, 10.0, 30.0)
_LEAST_STEP: Final = 1e-3
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class TierProposal:
    """The likeliest tier of a text, a tier it is unlikely to exceed, and each tier's share."""

    tier: int
    at_most: int
    expected: float
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TierModel:
    """Says how heavy texts are. P(tier <= k) = logistic(thresholds[k] - (x - centre) @ weights)."""

    features: str
    centre: NDArray[np.float32]
    weights: NDArray[np.float32]
    thresholds: Floats

    def propose(self, texts: Sequence[str], *, risk: float = 0.05) -> list[TierProposal]:
        """Propose tiers; `at_most` is exceeded with a probability of at most `risk`."""
        embedder, beside = _embedders()
        if self.features != _name(embedder, beside):
            raise AssistantError("Other features are installed here: train it again.", hop="shape")
        shares = self.probabilities(_embed(texts, embedder, beside))
        return [_propose(row, risk) for row in shares]

    def probabilities(self, features: Features) -> Floats:
        """Give N x 5 probabilities."""
        places = (features - self.centre) @ self.weights
        return _shares(places.astype(np.float64), self.thresholds)


def fit_tiers(texts: Sequence[str], votes: NDArray[np.floating], *, seed: int) -> bytes:
    """Learn from N x 5 votes: how many people gave each text each tier.

    Raises NotEnoughError under ten texts with votes, or when all votes are for one tier. A tier
    without votes stays possible, with a small probability.
    """
    counts = np.asarray(votes, dtype=np.float64)
    if counts.shape != (len(texts), TIERS) or not np.isfinite(counts).all() or (counts < 0).any():
        raise AssistantError(f"Votes must be {len(texts)} x {TIERS} counts.", hop="shape")
    used = np.flatnonzero(counts.sum(axis=1) > 0)
    if len(used) < FEWEST or (counts.sum(axis=0) > 0).sum() < 2:
        raise NotEnoughError(f"Votes on {FEWEST} texts, and for two tiers, are needed to begin.")
    embedder, beside = _embedders()
    features = _embed([texts[at] for at in used.tolist()], embedder, beside)
    with one_thread():
        centre, weights, thresholds = _fit(features, counts[used], seed)
    header = {"format": _FORMAT, "model": "text-tiers", "features": _name(embedder, beside)}
    arrays: dict[str, NDArray[Any]] = {
        "centre": centre,
        "weights": weights,
        "thresholds": thresholds,
    }
    return pack_learnt(header, arrays)


def open_tiers(learnt: bytes) -> TierModel:
    """Open what `fit_tiers` learnt; raises AssistantError on other bytes."""
    read = unpack_learnt(learnt)
    if read.header.get("model") != "text-tiers" or read.header.get("format") != _FORMAT:
        raise AssistantError("These bytes are not a model of tiers.", hop="shape")
    centre, weights = read.array("centre"), read.array("weights")
    thresholds = read.array("thresholds")
    if centre.shape != weights.shape or thresholds.shape != (TIERS - 1,):
        raise AssistantError("The model file's parts do not fit together.", hop="shape")
    return TierModel(str(read.header.get("features")), centre, weights, thresholds)


def _embedders() -> tuple[Embedder, Embedder | None]:
    """The features of texts, and those beside them."""
    meaning = text_embedder()
    return meaning, None if isinstance(meaning, SpellingEmbedder) else SpellingEmbedder()


def _name(embedder: Embedder, beside: Embedder | None) -> str:
    """Name the features, so that others are not taken for them."""
    return "+".join(one.name for one in (embedder, beside) if one is not None)


def _embed(texts: Sequence[str], embedder: Embedder, beside: Embedder | None) -> Features:
    """Embed texts that are no tasks."""
    items = [Item(at, {"text": text}) for at, text in enumerate(texts)]
    return with_beside(beside, embedder.embed(items), items)


def _fit(
    features: Features, votes: Floats, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], Floats]:
    """Choose by answers left out how hard to hold weights back, and fit with all answers."""
    centre = features.mean(axis=0)
    centred = (features - centre).astype(np.float64)
    scale = float(np.sqrt(np.mean(np.einsum("nd,nd->n", centred, centred)))) or 1.0
    rows, basis = rotate(centred / scale)
    strongest, groups = votes.argmax(axis=1), np.arange(len(votes))
    fold = fold_places(strongest, groups, seed)
    strength = min(_STRENGTHS, key=lambda one: _loss_left_out(rows, votes, fold, one))
    direction, thresholds = _fit_rows(rows, votes, strength)
    return centre, (direction @ basis / scale).astype(np.float32), thresholds


def _loss_left_out(rows: Floats, votes: Floats, fold: NDArray[np.int64], strength: float) -> float:
    """Sum minus the log of what left-out votes were given, over two of the folds."""
    total = 0.0
    for out in (fold == 0, fold == 1):
        direction, thresholds = _fit_rows(rows[~out], votes[~out], strength)
        shares = _shares(rows[out] @ direction, thresholds)
        total -= float(np.sum(votes[out] * np.log(np.maximum(shares, 1e-9))))
    return total


def _fit_rows(rows: Floats, votes: Floats, strength: float) -> tuple[Floats, Floats]:
    """Fit direction and thresholds; one vote spread over all tiers keeps each possible."""
    from scipy.optimize import minimize

    spread = np.cumsum(votes.sum(axis=0) + 1.0 / TIERS)[:-1]
    start = np.log(spread / (votes.sum() + 1.0 - spread))
    steps = np.log(np.maximum(np.diff(start), _LEAST_STEP))
    first = np.concatenate([np.zeros(rows.shape[1]), start[:1], steps])
    found = minimize(
        loss_and_slope, first, args=(rows, votes, strength), jac=True, method="L-BFGS-B",
        options={"maxiter": 300},
    )  # fmt: skip
    direction, thresholds = found.x[: rows.shape[1]], _thresholds(found.x[rows.shape[1] :])
    return direction, thresholds


def _thresholds(free: Floats) -> Floats:
    """The first threshold and the logs of the steps to the others, as thresholds."""
    return np.concatenate([free[:1], free[0] + np.cumsum(np.exp(np.clip(free[1:], -7, 4)))])


def _shares(places: Floats, thresholds: Floats) -> Floats:
    """Give each tier's probability, from light to heavy, at N places on the direction."""
    below = expit(thresholds[None, :] - places[:, None])
    edges = np.column_stack([np.zeros(len(places)), below, np.ones(len(places))])
    return np.diff(edges, axis=1)


def loss_and_slope(
    free: Floats, rows: Floats, votes: Floats, strength: float
) -> tuple[float, Floats]:
    """Minus the log likelihood, with L2 on the direction, and its gradient."""
    dimensions = rows.shape[1]
    direction, thresholds = free[:dimensions], _thresholds(free[dimensions:])
    places = np.append(rows @ direction, 0.0)
    counts = np.vstack([votes, np.full(TIERS, 1.0 / TIERS)])
    shares = np.maximum(_shares(places, thresholds), 1e-12)
    below = expit(thresholds[None, :] - places[:, None])
    slopes = below * (1.0 - below)
    pull = counts / shares
    by_threshold = -(pull[:, :-1] - pull[:, 1:]) * slopes
    by_place = -by_threshold.sum(axis=1)
    loss = -float(np.sum(counts * np.log(shares))) + float(direction @ direction) / (2 * strength)
    gradient = rows.T @ by_place[:-1] + direction / strength
    sums = by_threshold.sum(axis=0)
    steps = np.exp(np.clip(free[dimensions + 1 :], -7, 4))
    later = np.cumsum(sums[::-1])[::-1]
    return loss, np.concatenate([gradient, later[:1], later[1:] * steps])


def _propose(row: Floats, risk: float) -> TierProposal:
    """Turn the shares of one text into a proposal."""
    at_most = int(np.searchsorted(np.cumsum(row), 1.0 - risk - 1e-12))
    return TierProposal(
        tier=int(row.argmax()),
        at_most=min(at_most, TIERS - 1),
        expected=float(row @ np.arange(TIERS)),
        probabilities=tuple(map(float, row)),
    )
