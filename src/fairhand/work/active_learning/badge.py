"""BADGE without its large matrix: draws items whose pull on the model is large and different."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairhand.work.active_learning.distances import norms, pieces
from fairhand.work.active_learning.rows import all_probabilities, free_rows
from fairhand.work.active_learning.shapes import Field, Floats, Indices
from fairhand.work.active_learning.systems import strategy

REFRESH = 20
"""How many new centres pile up before every row is measured again."""
TRIES = 200
"""How many draws may be refused before every row is measured again."""


@strategy("badge", "those first that would pull hard on the model, in many directions")
def pick_badge(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Draw items by k-means++ on the gradients that their likeliest labels would make.

    Ash et al. 2020, with g = (p - e) x for probabilities p, their likeliest class e and features
    x. The N x C*D matrix of gradients is never made: <g, h> is <p-e, q-f> times <x, y>. The draws
    are exact though distances are measured anew only now and then: an old distance is an upper
    bound, so a row drawn by it is kept with the odds of its true distance to the old one.
    """
    gradients = Gradients(field)
    far = np.full(len(gradients.lengths), np.inf, np.float32)
    count = min(batch, len(far))
    chosen = [int(gradients.lengths.argmax())] if count else []
    while len(chosen) < count:
        pending = chosen[-REFRESH:] if len(chosen) > 1 else chosen
        np.minimum(far, gradients.nearest(np.array(pending)), out=far)
        far[chosen] = 0.0
        drawn = _draw_round(gradients, far, min(REFRESH, count - len(chosen)), rng)
        if not drawn:
            left = np.setdiff1d(np.arange(len(far)), chosen)
            drawn = rng.permutation(left)[: count - len(chosen)].tolist()
        chosen += drawn
    return free_rows(field)[chosen]


def _draw_round(
    gradients: Gradients, far: Floats, count: int, rng: np.random.Generator
) -> list[int]:
    """Draw up to `count` rows before distances must be measured again."""
    sums = far.cumsum(dtype=np.float64)
    drawn: list[int] = []
    tries = 0
    while sums[-1] > 0.0 and len(drawn) < count and tries < TRIES:
        row = int(min(np.searchsorted(sums, rng.random() * sums[-1], "right"), len(far) - 1))
        true = min(float(far[row]), gradients.between(row, drawn))
        tries += 1
        if rng.random() * far[row] < true:
            drawn.append(row)
    return drawn


class Gradients:
    """The gradients of the rows that may be chosen, in their two factors."""

    def __init__(self, field: Field) -> None:
        self._pool, self._rows = field.pool, field.rows
        self._p = all_probabilities(field)
        count = field.pool.size if field.rows is None else len(field.rows)
        self._roots = None
        if field.weights is not None:
            worth = field.weights if field.rows is None else field.weights[field.rows]
            self._roots = np.sqrt(worth)
        self.lengths = np.empty(count, np.float32)
        for piece in self._pieces(1):
            pull, x = self._factors(piece)
            self.lengths[piece] = norms(pull) * norms(x)
        self._count = count

    def nearest(self, centres: Indices) -> Floats:
        """Give each row's squared distance to the nearest of these rows."""
        pull, x = self._factors(centres)
        lengths = self.lengths[centres]
        found = np.empty(self._count, np.float32)
        for piece in self._pieces(len(centres)):
            other_pull, other_x = self._factors(piece)
            far = lengths - 2.0 * (other_pull @ pull.T) * (other_x @ x.T)
            found[piece] = far.min(axis=1) + self.lengths[piece]
        return np.maximum(found, 0.0, out=found)

    def between(self, row: int, others: list[int]) -> float:
        """Give a row's squared distance to the nearest of a few others; infinite to none."""
        if not others:
            return float("inf")
        pull, x = self._factors(np.array([row, *others]))
        far = self.lengths[others] + self.lengths[row] - 2.0 * (pull[1:] @ pull[0]) * (x[1:] @ x[0])
        return max(float(far.min()), 0.0)

    def _pieces(self, centres: int) -> list[slice]:
        width = self._pool.features.shape[1] + 3 * self._p.shape[1] + 2 * centres
        return list(pieces(len(self.lengths), 4 * width))

    def _factors(self, places: slice | Indices) -> tuple[Floats, NDArray[np.float32]]:
        at = places if self._rows is None else self._rows[places]
        pull = np.array(self._p[at], np.float32)
        pull[np.arange(len(pull)), pull.argmax(axis=1)] -= 1.0
        if self._roots is not None:
            pull *= self._roots[places][:, None]
        return pull, self._pool.features[at]
