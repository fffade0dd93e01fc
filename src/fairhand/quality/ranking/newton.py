"""Scores under a normal prior: the most probable ones, and how sure they are.

The models of this folder have a log likelihood that is concave in the scores, and a curvature
that is the Laplacian of a graph: for each pair (i, j) that was compared a weight w >= 0 on
(theta_i - theta_j)^2. With the prior theta ~ N(0, sd^2) the curvature is positive definite
whatever was compared, so there is always one finite answer. Up to `DENSE` items it is solved
exactly; beyond, by conjugate gradients, and the standard errors are estimated by probing (C.
Bekas, E. Kokiopoulou, Y. Saad: An estimator for the diagonal of a matrix, 2007) with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import LinearOperator, cg

from fairhand.quality.aggregation.codes import Codes, Floats

DENSE = 1200
_PROBES = 16
_SEED = 20261122
_CG_TOLERANCE = 1e-8
_CG_STEPS = 500


@dataclass(frozen=True, slots=True)
class Graph:
    """Who was compared with whom: one row a pair, `slot` tells the pair of each cell."""

    first: Codes
    second: Codes
    slot: Codes
    items: int

    @property
    def is_dense(self) -> bool:
        """Whether there are few enough items for exact algebra."""
        return self.items <= DENSE

    def components(self, used: Floats | None = None) -> Codes:
        """Give the group of items that each item is connected with, directly or by others."""
        ones = np.ones(len(self.first)) if used is None else used
        shape = (self.items, self.items)
        table = sparse.coo_array((ones, (self.first, self.second)), shape=shape)
        _, labels = csgraph.connected_components(table, directed=False)
        return np.asarray(labels, dtype=np.intp)


def graph_of(left: Codes, right: Codes, items: int) -> Graph:
    """Collect the distinct pairs of cells that compare `left` with `right`."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    key = low * items + high
    if items <= DENSE:  # a table of all pairs is quicker than sorting
        seen = np.bincount(key, minlength=items * items) > 0
        pairs = np.flatnonzero(seen)
        slot = (np.cumsum(seen) - 1)[key]
    else:
        pairs, slot = np.unique(key, return_inverse=True)
    return Graph(pairs // max(items, 1), pairs % max(items, 1), slot.reshape(-1), items)


class Curvature:
    """The curvature of the log posterior at one place: a Laplacian and the prior's precision."""

    def __init__(self, graph: Graph, cell_weight: Floats, precision: float) -> None:
        self.graph = graph
        weight = np.bincount(graph.slot, weights=cell_weight, minlength=len(graph.first))
        degree = np.bincount(graph.first, weights=weight, minlength=graph.items)
        degree += np.bincount(graph.second, weights=weight, minlength=graph.items)
        self.diagonal = degree + precision
        if graph.is_dense:
            table = np.zeros((graph.items, graph.items))
            table[graph.second, graph.first] = -weight
            table[np.arange(graph.items), np.arange(graph.items)] = self.diagonal
            self._factor = linalg.cholesky(table, lower=True, check_finite=False)
        else:
            shape = (graph.items, graph.items)
            half = sparse.coo_array((weight, (graph.first, graph.second)), shape=shape).tocsr()
            self._table = sparse.diags_array(self.diagonal).tocsr() - half - half.T.tocsr()

    def solve(self, slope: Floats) -> Floats:
        """Give the Newton step for a slope."""
        if self.graph.is_dense:
            step: Floats = linalg.cho_solve((self._factor, True), slope, check_finite=False)
            return step
        return self._iterate(slope)

    def _iterate(self, slope: Floats) -> Floats:
        shape = (self.graph.items, self.graph.items)
        scale = LinearOperator(shape, matvec=lambda v: v / self.diagonal)
        found, _ = cg(self._table, slope, rtol=_CG_TOLERANCE, maxiter=_CG_STEPS, M=scale)
        step: Floats = found
        return step

    def trace(self) -> float:
        """Give the trace of the inverse: the variances of all scores together.

        Beyond `DENSE` items a lower bound, which many comparisons an item make tight.
        """
        if not self.graph.is_dense:
            return float((1.0 / self.diagonal).sum())
        inverse, _ = linalg.lapack.dtrtri(self._factor, lower=1)
        return float(np.einsum("ij,ij->", inverse, inverse))

    def errors(self) -> Floats:
        """Give the standard error of each score less the mean of all scores."""
        if not self.graph.items:
            return np.zeros(0)
        if not self.graph.is_dense:
            return self._probed_errors()
        inverse, _ = linalg.lapack.dtrtri(self._factor, lower=1)
        covariance = inverse.T @ inverse
        mean = covariance.mean(axis=1)
        variance = np.diagonal(covariance) - 2.0 * mean + mean.mean()
        error: Floats = np.sqrt(np.maximum(variance, 0.0))
        return error

    def _probed_errors(self) -> Floats:
        rng = np.random.default_rng(_SEED)
        total = np.zeros(self.graph.items)
        for _ in range(_PROBES):
            signs = rng.choice([-1.0, 1.0], self.graph.items)
            found = self._iterate(signs - signs.mean())
            total += signs * (found - found.mean())
        # The inverse's diagonal is never below one over the diagonal; chance may say otherwise.
        error: Floats = np.sqrt(np.maximum(total / _PROBES, 1.0 / self.diagonal))
        return error


def climb(
    start: Floats,
    value: float,
    step: Floats,
    look: Callable[[Floats], float],
    halvings: int = 12,
) -> tuple[Floats, float]:
    """Go along a step, halved until `look` is no lower than `value`; stay when nothing helps."""
    for _ in range(halvings):
        found = start + step
        reached = look(found)
        if reached >= value - 1e-10 * abs(value):
            return found, reached
        step = step / 2.0
    return start, look(start)


def next_sd(sum_of_squares: float, count: int, trace: float, sd: float, usual: float) -> float:
    """Give the prior's sd that the evidence asks for (D. MacKay: Bayesian interpolation, 1992).

    `trace` is of the posterior covariance. One imagined parameter of size `usual` keeps the
    answer finite and above zero where the data say nothing.
    """
    determined = max(count - trace / sd**2, 0.0)
    return float(np.sqrt((sum_of_squares + usual**2) / (determined + 1.0)))
