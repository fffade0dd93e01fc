"""Bradley-Terry with ties, sides and people: scores from votes on pairs.

R. A. Bradley, M. E. Terry: Rank analysis of incomplete block designs, Biometrika 39, 1952; ties as
R. R. Davidson 1970 (`pair_kernel`); people as `people`. Scores have a normal prior whose spread is
chosen by the evidence, so that sparse votes, one-sided votes and groups never compared with one
another give finite scores with honest errors, and a note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.ranking.newton import Curvature, Graph, climb, graph_of, next_sd
from fairhand.quality.ranking.pair_kernel import look_at_pairs
from fairhand.quality.ranking.pairs import PairVotes, Votes, read_pairs
from fairhand.quality.ranking.people import (
    NO_TIES,
    People,
    everybody,
    full,
    next_spread,
    people_errors,
    people_step,
)
from fairhand.quality.ranking.result import PairRanking, connection_warnings

_USUAL_SD = 1.0
_MAX_TABLE = 20_000_000
_AGAINST = 2.0
_DEALT = 1e-4
_SPREAD_PATIENCE = 0.01


@dataclass(frozen=True, slots=True)
class BradleyTerry:
    """The estimator and its settings; deterministic, never NaN, the same for any order of rows.

    `prior_sd` is the spread of scores believed beforehand; None lets the evidence choose it.
    `people` lets each person have a reliability, side and threshold of their own, when workers
    are given. `side` lets the place on the screen matter; None does so where sides look dealt at
    random, for else the pull of a side cannot be told from the items. Ties are modelled when
    anybody said "same".
    """

    prior_sd: float | None = None
    people: bool = True
    side: bool | None = None
    max_iterations: int = 100
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        if self.prior_sd is not None and not 0.0 < self.prior_sd < np.inf:
            raise ValueError("prior_sd must be above zero and finite")

    def fit(
        self,
        left: object,
        right: object | None = None,
        vote: object | None = None,
        worker: object | None = None,
        *,
        items: Sequence[Any] | None = None,
        votes: Mapping[Any, Any] | None = None,
    ) -> PairRanking:
        """Rank from a table with left, right, vote (or label) and perhaps worker, or columns.

        See `ranking.pairs.read_pairs` for the votes and the errors raised.
        """
        return self.fit_pairs(read_pairs(left, right, vote, worker, items=items, votes=votes))

    def fit_pairs(self, pairs: PairVotes) -> PairRanking:
        """Rank from votes that are codes already."""
        ascent = _Ascent(pairs, self)
        converged, iterations = False, 0
        while not converged and iterations < self.max_iterations:
            converged = ascent.step() <= self.tolerance
            iterations += 1
        return ascent.result(iterations, converged=converged)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Votes, those that say the same of the same pair by the same person counted once."""

    left: Codes
    right: Codes
    vote: Votes
    worker: Codes
    count: Floats


class _Ascent:
    """The state of one run: scores and people in turn, each by Newton's method."""

    def __init__(self, pairs: PairVotes, settings: BradleyTerry) -> None:
        self.pairs, self.settings = pairs, settings
        self.own = settings.people and len(pairs.workers) > 1
        self.cells = _collapse(pairs, self.own)
        self.graph: Graph = graph_of(self.cells.left, self.cells.right, len(pairs.items))
        ties = bool((self.cells.vote == 0).any())
        self.dealt = sides_look_dealt(self.graph, self.cells)
        self.side = self.dealt if settings.side is None else settings.side
        count = len(pairs.workers) if self.own else 1
        self.people: People = everybody(count, ties=ties, side=self.side, own=self.own)
        self.theta = np.zeros(len(pairs.items))
        self.sd = settings.prior_sd or _USUAL_SD
        self.slope = np.zeros(len(self.theta))
        self.weight = np.zeros(len(self.cells.vote))
        self.people_slope = np.zeros((count, 3))
        self.people_curve = np.zeros((count, 6))
        self._look(self.theta, self.people.table)

    def step(self) -> float:
        """Move the scores, then the people, then the spreads; return the largest change."""
        before, sd = self.theta, self.sd
        curvature = self._move_scores()
        moved = self._move_people()
        if self.settings.prior_sd is None and len(self.theta):
            squares = float(self.theta @ self.theta)
            self.sd = next_sd(squares, len(self.theta), curvature.trace(), self.sd, _USUAL_SD)
        change = float(np.abs(self.theta - before).max(initial=0.0))
        return max(change, moved, _SPREAD_PATIENCE * abs(self.sd / sd - 1.0))

    def _look(self, theta: Floats, table: Floats) -> float:
        for filled in (self.slope, self.people_slope, self.people_curve):
            filled[...] = 0.0
        cells = self.cells
        self.log_likelihood = look_at_pairs(
            cells.left, cells.right, cells.vote, cells.worker, cells.count, theta,
            np.ascontiguousarray(table), self.slope, self.weight,
            self.people_slope, self.people_curve,
        )  # fmt: skip
        return self.log_likelihood

    def _move_scores(self) -> Curvature:
        table, precision = self.people.table, 1.0 / self.sd**2

        def look(theta: Floats) -> float:
            return self._look(theta, table) - 0.5 * precision * float(theta @ theta)

        value = self.log_likelihood - 0.5 * precision * float(self.theta @ self.theta)
        curvature = Curvature(self.graph, self.weight, precision)
        step = curvature.solve(self.slope - precision * self.theta)
        self.theta, _ = climb(self.theta, value, step, look)
        return curvature

    def _move_people(self) -> float:
        people, count = self.people, len(self.people.own)
        if not people.free.any():
            return 0.0
        curve = full(self.people_curve)
        crowd, own = people_step(people, self.people_slope, curve)
        start = np.concatenate([people.crowd, people.own.ravel()])

        def look(numbers: Floats) -> float:
            deviations = numbers[3:].reshape(count, 3)
            likelihood = self._look(self.theta, numbers[:3] + deviations)
            return likelihood + people.log_prior(numbers[:3], deviations)

        value = self.log_likelihood + people.log_prior(people.crowd, people.own)
        found, _ = climb(start, value, np.concatenate([crowd, own.ravel()]), look)
        people.crowd, people.own = found[:3], found[3:].reshape(count, 3)
        if not self.own:
            return float(np.abs(found - start).max())
        spread = people.spread
        people.spread = next_spread(people, curve)
        self._keep_scale()
        moved = _SPREAD_PATIENCE * float(np.abs(people.spread / spread - 1.0).max())
        return max(moved, float(np.abs(found - start).max()))

    def _keep_scale(self) -> None:
        """Keep the crowd's mean reliability at 1: it could trade against the scores' scale."""
        mean = float(self.people.table[:, 0].mean())
        if mean > 0.1:
            self.people.own[:, 0] = self.people.table[:, 0] / mean - 1.0
            self.theta = self.theta * mean
            self._look(self.theta, self.people.table)

    def result(self, iterations: int, *, converged: bool) -> PairRanking:
        """Freeze the state."""
        pairs, people = self.pairs, self.people
        self._look(self.theta, people.table)
        curvature = Curvature(self.graph, self.weight, 1.0 / self.sd**2)
        crowd_error, person_error = people_errors(people, full(self.people_curve))
        table = people.table if self.own else np.repeat(people.table, len(pairs.workers), axis=0)
        if not self.own:
            person_error = np.repeat(person_error, len(pairs.workers), axis=0)
            person_error[:, 0] = 0.0
        has_ties = bool(people.crowd[2] > NO_TIES)
        tie = np.where(table[:, 2] > NO_TIES, table[:, 2], -np.inf)
        return PairRanking(
            items=pairs.items,
            scores=self.theta - self.theta.mean() if len(self.theta) else self.theta,
            errors=curvature.errors(),
            prior_sd=self.sd,
            log_likelihood=self.log_likelihood,
            iterations=iterations,
            converged=converged,
            method="bradley-terry",
            warnings=self._warnings(table, person_error),
            workers=pairs.workers,
            reliability=table[:, 0].copy(),
            reliability_error=person_error[:, 0].copy(),
            side=float(people.crowd[1]),
            side_error=float(crowd_error[1]) if self.side else 0.0,
            tie=float(people.crowd[2]) if has_ties else -np.inf,
            tie_error=float(crowd_error[2]) if has_ties else 0.0,
            person_side=table[:, 1].copy(),
            person_side_error=person_error[:, 1].copy(),
            person_tie=tie,
            person_tie_error=person_error[:, 2].copy() if has_ties else np.zeros(len(tie)),
        )

    def _warnings(self, table: Floats, error: Floats) -> tuple[str, ...]:
        cells = self.cells
        both = np.concatenate([cells.left, cells.right])
        compared = np.bincount(both, minlength=len(self.pairs.items))
        said = connection_warnings(self.graph.components(), compared, self.pairs.items)
        if len(cells.vote) and not cells.vote.any():
            said.append('every vote is "same"; nothing tells the items apart')
        against = np.flatnonzero(table[:, 0] + _AGAINST * error[:, 0] < 0.0)
        if not self.dealt and self.settings.side is not False:
            said.append(
                "some items stood on one side far more often than a fair coin would put them; the "
                "pull of a side "
                + ("is not to be trusted" if self.side else "cannot be told, and was left out")
            )
        if self.own and len(against):
            said.append(
                f"{len(against)} of {len(table)} people vote against the ranking (such as "
                f"{self.pairs.workers[int(against[0])]!r}); their votes were turned round"
            )
        return tuple(said)


def sides_look_dealt(graph: Graph, cells: _Cells) -> bool:
    """Say whether a fair coin may have put items left and right (a chi-squared test at 1e-4).

    A pair's votes are taken as one throw: a pair is often shown the same way to everybody.
    """
    turned = np.where(cells.left == graph.first[graph.slot], cells.count, -cells.count)
    pairs, items = len(graph.first), graph.items
    total = np.bincount(graph.slot, weights=cells.count, minlength=pairs)
    lean = np.bincount(graph.slot, weights=turned, minlength=pairs) / np.maximum(total, 1.0)
    excess = np.bincount(graph.first, weights=lean, minlength=items)
    excess -= np.bincount(graph.second, weights=lean, minlength=items)
    shown = np.bincount(np.concatenate([graph.first, graph.second]), minlength=items)
    surprise = float((excess**2 / np.maximum(shown, 1)).sum())
    return bool(chdtrc(max(int((shown > 0).sum()) - 1, 1), surprise) > _DEALT)


def _collapse(pairs: PairVotes, own: bool) -> _Cells:
    """Count equal votes once; people are told apart only where `own`."""
    items, people = len(pairs.items), len(pairs.workers) if own else 1
    worker = pairs.worker if own else np.zeros_like(pairs.worker)
    size = items * items * 3 * people
    if size > min(_MAX_TABLE, 4 * len(pairs) + 1_000_000):
        order = np.argsort(worker, kind="stable") if own else slice(None)
        left, right, vote = pairs.left[order], pairs.right[order], pairs.vote[order]
        return _Cells(left, right, vote, worker[order], np.ones(len(pairs)))
    key = ((worker * items + pairs.left) * items + pairs.right) * 3 + (pairs.vote + 1)
    counts = np.bincount(key, minlength=size)
    kept = np.flatnonzero(counts)
    said: Votes = (kept % 3 - 1).astype(np.int8)
    pair = kept // 3
    return _Cells(
        pair // items % items, pair % items, said, pair // (items * items),
        counts[kept].astype(np.float64),
    )  # fmt: skip
