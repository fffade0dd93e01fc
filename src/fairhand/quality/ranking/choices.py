"""Scores from choices out of lists: the engine of Plackett-Luce and best-worst scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.ranking.choice_kernel import look_at_choices
from fairhand.quality.ranking.newton import Curvature, climb, graph_of, next_sd
from fairhand.quality.ranking.result import PeopleRanking, connection_warnings

_MAX_CELLS = 50_000_000
_USUAL_SD = 1.0
_USUAL_SPREAD = 0.3
_LONGEST_STEP = 1.0
_SPREAD_PATIENCE = 0.01
_AGAINST = 2.0


@dataclass(frozen=True, slots=True)
class ChoiceLists:
    """Lists as codes: list l is `item[start[l]:start[l + 1]]`, best first (worst, if sign is -1).

    The first `depth[l]` places were chosen, one after another, from those after them.
    """

    item: Codes
    start: Codes
    depth: Codes
    sign: NDArray[np.int8]
    worker: Codes
    items: tuple[Any, ...]
    workers: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to fit: the prior's spread (None: by the evidence), and when to stop."""

    prior_sd: float | None
    people: bool
    max_iterations: int
    tolerance: float

    def __post_init__(self) -> None:
        if self.prior_sd is not None and not 0.0 < self.prior_sd < np.inf:
            raise ValueError("prior_sd must be above zero and finite")


def fit_choices(lists: ChoiceLists, settings: Settings, method: str) -> PeopleRanking:
    """Score the items; raises ValueError when lists are so long that pairs do not fit in memory."""
    ascent = _Ascent(lists, settings)
    converged, iterations = False, 0
    while not converged and iterations < settings.max_iterations:
        converged = ascent.step() <= settings.tolerance
        iterations += 1
    return ascent.result(method, iterations, converged=converged)


class _Ascent:
    """The state of one run: scores and reliabilities in turn, each by Newton's method."""

    def __init__(self, lists: ChoiceLists, settings: Settings) -> None:
        self.lists, self.settings = lists, settings
        left, right, self.first_cell = _pairs_of(lists)
        self.graph = graph_of(left, right, len(lists.items))
        self.own = settings.people and len(lists.workers) > 1
        people = len(lists.workers) if self.own else 1
        self.worker = lists.worker if self.own else np.zeros_like(lists.worker)
        self.theta = np.zeros(len(lists.items))
        self.reliability = np.ones(people)
        self.spread = _USUAL_SPREAD
        self.sd = settings.prior_sd or _USUAL_SD
        self.slope = np.zeros(len(self.theta))
        self.weight = np.zeros(len(left))
        self.people_slope, self.people_curve = np.zeros(people), np.zeros(people)
        self.log_likelihood = 0.0
        self._look(self.theta, self.reliability)

    def step(self) -> float:
        """Move the scores, then people, then the spreads; return the largest change."""
        before, sd = self.theta, self.sd
        curvature = self._move_scores()
        moved = self._move_people() if self.own else 0.0
        if self.settings.prior_sd is None and len(self.theta):
            squares = float(self.theta @ self.theta)
            self.sd = next_sd(squares, len(self.theta), curvature.trace(), self.sd, _USUAL_SD)
        change = float(np.abs(self.theta - before).max(initial=0.0))
        return max(change, moved, _SPREAD_PATIENCE * abs(self.sd / sd - 1.0))

    def _look(self, theta: Floats, reliability: Floats) -> float:
        for filled in (self.slope, self.people_slope, self.people_curve):
            filled[...] = 0.0
        lists = self.lists
        self.log_likelihood = look_at_choices(
            lists.item, lists.start, lists.depth, lists.sign, self.worker, self.first_cell,
            theta, reliability, self.slope, self.weight, self.people_slope, self.people_curve,
        )  # fmt: skip
        return self.log_likelihood

    def _move_scores(self) -> Curvature:
        precision = 1.0 / self.sd**2

        def look(theta: Floats) -> float:
            return self._look(theta, self.reliability) - 0.5 * precision * float(theta @ theta)

        value = self.log_likelihood - 0.5 * precision * float(self.theta @ self.theta)
        curvature = Curvature(self.graph, self.weight, precision)
        step = curvature.solve(self.slope - precision * self.theta)
        self.theta, _ = climb(self.theta, value, step, look)
        return curvature

    def _move_people(self) -> float:
        precision = 1.0 / self.spread**2
        away = self.reliability - 1.0
        curve = self.people_curve + precision
        step = np.clip(
            (self.people_slope - precision * away) / curve, -_LONGEST_STEP, _LONGEST_STEP
        )

        def look(reliability: Floats) -> float:
            prior = 0.5 * precision * float(((reliability - 1.0) ** 2).sum())
            return self._look(self.theta, reliability) - prior

        value = self.log_likelihood - 0.5 * precision * float(away @ away)
        before, spread = self.reliability, self.spread
        self.reliability, _ = climb(before, value, step, look)
        away = self.reliability - 1.0
        trace = float((1.0 / curve).sum())
        self.spread = next_sd(float(away @ away), len(away), trace, spread, _USUAL_SPREAD)
        mean = float(self.reliability.mean())
        if mean > 0.1:  # the crowd's mean stays 1: it could trade against the scores' scale
            self.reliability, self.theta = self.reliability / mean, self.theta * mean
            self._look(self.theta, self.reliability)
        moved = float(np.abs(self.reliability - before).max())
        return max(moved, _SPREAD_PATIENCE * abs(self.spread / spread - 1.0))

    def result(self, method: str, iterations: int, *, converged: bool) -> PeopleRanking:
        """Freeze the state."""
        lists = self.lists
        curvature = Curvature(self.graph, self.weight, 1.0 / self.sd**2)
        error = 1.0 / np.sqrt(self.people_curve + 1.0 / self.spread**2)
        named = len(lists.workers)
        reliability = self.reliability if self.own else np.ones(named)
        reliability_error = error if self.own else np.zeros(named)
        return PeopleRanking(
            items=lists.items,
            scores=self.theta - self.theta.mean() if len(self.theta) else self.theta,
            errors=curvature.errors(),
            prior_sd=self.sd,
            log_likelihood=self.log_likelihood,
            iterations=iterations,
            converged=converged,
            method=method,
            warnings=self._warnings(reliability, reliability_error),
            workers=lists.workers,
            reliability=reliability,
            reliability_error=reliability_error,
        )

    def _warnings(self, reliability: Floats, error: Floats) -> tuple[str, ...]:
        graph, items = self.graph, self.lists.items
        both = np.concatenate([graph.first, graph.second])
        compared = np.bincount(both, minlength=len(items))
        said = connection_warnings(graph.components(), compared, items)
        against = np.flatnonzero(reliability + _AGAINST * error < 0.0)
        if len(against):
            said.append(
                f"{len(against)} of {len(reliability)} people order against the ranking (such as "
                f"{self.lists.workers[int(against[0])]!r}); their orders were turned round"
            )
        return tuple(said)


def _pairs_of(lists: ChoiceLists) -> tuple[Codes, Codes, Codes]:
    """Give both items of every pair of every list, row by row, and each list's first pair."""
    sizes = np.diff(lists.start)
    cells = sizes * (sizes - 1) // 2
    first_cell = np.concatenate([[0], np.cumsum(cells)]).astype(np.intp)
    if first_cell[-1] > _MAX_CELLS:
        raise ValueError(
            f"the lists hold {int(first_cell[-1]):,} pairs, more than {_MAX_CELLS:,}; "
            "give fewer or shorter lists"
        )
    left, right = np.empty(first_cell[-1], np.intp), np.empty(first_cell[-1], np.intp)
    for size in np.unique(sizes).tolist():
        rows, columns = np.triu_indices(size, 1)
        at = np.flatnonzero(sizes == size)
        into = (first_cell[at][:, None] + np.arange(len(rows))).ravel()
        left[into] = lists.item[(lists.start[at][:, None] + rows).ravel()]
        right[into] = lists.item[(lists.start[at][:, None] + columns).ravel()]
    return left, right, first_cell
