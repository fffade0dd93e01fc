"""Do votes on pairs hang together? Triads in which a beats b, b beats c and c beats a.

M. G. Kendall, B. Babington Smith: On the method of paired comparisons, Biometrika 31, 1940. Of
three things compared with one another, a coin makes one triad in four circular; their coefficient
of consistence, zeta, is 1 when none is and 0 when as many are as can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.stats import beta

from fairhand.quality.aggregation.codes import Codes
from fairhand.quality.ranking.pairs import PairVotes, read_pairs

_EXACT = 100_000_000
_SAMPLES = 200_000
_SEED = 20261122


@dataclass(frozen=True, slots=True)
class Transitivity:
    """How many decided triads are circular, and who and what carries them.

    A pair is decided by the majority of its votes, and not decided by an even split; a triad is
    decided when its three pairs are. `share` = circular / triads lies in `interval` with 95 %
    confidence (equal to `share` where all triads were counted: `is_exact`). `zeta` is Kendall's
    coefficient, None without a decided triad. `pairs` lists (better, worse, circular triads it is
    part of), most first. `person_triads[w]` and `person_circular[w]` count inside the votes of
    `workers[w]` alone.
    """

    items: tuple[Any, ...]
    triads: int
    circular: int
    share: float
    interval: tuple[float, float]
    zeta: float | None
    is_exact: bool
    pairs: tuple[tuple[Any, Any, int], ...]
    workers: tuple[Any, ...]
    person_triads: Codes
    person_circular: Codes
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Wins:
    """Decided pairs as arrows from the better to the worse."""

    better: Codes
    worse: Codes
    nodes: int

    @property
    def paths(self) -> int:
        """How many two-step paths there are: the cost of counting exactly."""
        degree = np.bincount(np.concatenate([self.better, self.worse]), minlength=self.nodes)
        return int((degree.astype(np.int64) ** 2).sum())


@dataclass(frozen=True, slots=True)
class _Counted:
    triads: int
    circular: int
    by_arrow: Codes
    triads_by_arrow: Codes


def check_transitivity(
    left: object,
    right: object | None = None,
    vote: object | None = None,
    worker: object | None = None,
    *,
    votes: Mapping[Any, Any] | None = None,
    listed: int = 20,
    rng: np.random.Generator | None = None,
) -> Transitivity:
    """Count circular triads in votes on pairs, given as for `BradleyTerry.fit`.

    Counts exactly while the two-step paths stay under a hundred million; beyond, looks at 200,000
    triads drawn with `rng` (a fixed seed when None). `listed` pairs at most are named.
    """
    pairs = read_pairs(left, right, vote, worker, votes=votes)
    wins = _majority(pairs, np.zeros_like(pairs.worker))
    if wins.paths > _EXACT:
        return _sampled(pairs, wins, rng or np.random.default_rng(_SEED))
    counted = _count(wins)
    share = counted.circular / counted.triads if counted.triads else 0.0
    heavy = np.lexsort((wins.worse, wins.better, -counted.by_arrow))[:listed]
    named = tuple(
        (pairs.items[int(wins.better[at])], pairs.items[int(wins.worse[at])], int(n))
        for at, n in zip(heavy, counted.by_arrow[heavy], strict=True)
        if n
    )
    return _result(pairs, counted, share, (share, share), named, is_exact=True)


def _majority(pairs: PairVotes, group: Codes) -> _Wins:
    """Decide each pair inside each group of votes; nodes are group x item."""
    items = len(pairs.items)
    low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    key, slot = np.unique((group * items + low) * items + high, return_inverse=True)
    for_low = np.where(pairs.left == low, pairs.vote, -pairs.vote).astype(np.float64)
    net = np.bincount(slot.reshape(-1), weights=for_low, minlength=len(key))
    node_low = key // max(items, 1)
    node_high = node_low - node_low % max(items, 1) + key % max(items, 1)
    better = np.where(net > 0, node_low, node_high)[net != 0]
    worse = np.where(net > 0, node_high, node_low)[net != 0]
    groups = int(group.max(initial=0)) + 1
    return _Wins(better.astype(np.intp), worse.astype(np.intp), groups * items)


def _count(wins: _Wins) -> _Counted:
    """Count triads along each arrow: circular ones close by a two-step path that leads back."""
    if not len(wins.better):
        none = np.zeros(0, dtype=np.intp)
        return _Counted(0, 0, none, none)
    used, ends = np.unique(np.concatenate([wins.better, wins.worse]), return_inverse=True)
    arrows = len(wins.better)
    better, worse = ends.reshape(-1)[:arrows], ends.reshape(-1)[arrows:]
    shape = (len(used), len(used))
    ones = np.ones(arrows, dtype=np.int64)
    beats = sparse.coo_array((ones, (better, worse)), shape=shape).tocsr()
    either = beats + beats.T.tocsr()
    back = (beats @ beats).multiply(beats.T.tocsr()).tocsr()
    around = (either @ either).multiply(beats).tocsr()
    by_arrow = np.asarray(back[worse, better]).reshape(-1).astype(np.intp)
    all_by_arrow = np.asarray(around[better, worse]).reshape(-1).astype(np.intp)
    triads, circular = int(all_by_arrow.sum()) // 3, int(by_arrow.sum()) // 3
    return _Counted(triads, circular, by_arrow, all_by_arrow)


def _sampled(pairs: PairVotes, wins: _Wins, rng: np.random.Generator) -> Transitivity:
    """Draw two arrows that meet, and look whether a third closes the triad, and how."""
    ends = np.concatenate([wins.better, wins.worse])
    others = np.concatenate([wins.worse, wins.better])
    order = np.argsort(ends, kind="stable")
    degree = np.bincount(ends, minlength=wins.nodes).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(degree)])
    weight = np.cumsum(degree * (degree - 1))
    middle = np.searchsorted(weight, rng.integers(0, weight[-1], _SAMPLES), side="right")
    one = rng.integers(0, degree[middle])
    two = (one + rng.integers(1, degree[middle])) % degree[middle]
    a, b = (others[order[start[middle] + at]] for at in (one, two))
    arrows = np.sort(wins.better.astype(np.int64) * wins.nodes + wins.worse)

    def beats(better: Codes, worse: Codes) -> Codes:
        key = better.astype(np.int64) * wins.nodes + worse
        at = np.minimum(np.searchsorted(arrows, key), len(arrows) - 1)
        found: Codes = (arrows[at] == key).astype(np.intp)
        return found

    closed = (beats(a, b) + beats(b, a)) > 0
    round_one = beats(middle, a) * beats(a, b) * beats(b, middle)
    round_two = beats(middle, b) * beats(b, a) * beats(a, middle)
    triads, circular = int(closed.sum()), int((round_one + round_two).sum())
    low, high = beta.ppf([0.025, 0.975], circular + 0.5, max(triads - circular, 0) + 0.5)
    counted = _Counted(triads, circular, np.zeros(0, np.intp), np.zeros(0, np.intp))
    share = circular / triads if triads else 0.0
    return _result(pairs, counted, share, (float(low), float(high)), (), is_exact=False)


def _result(
    pairs: PairVotes,
    counted: _Counted,
    share: float,
    interval: tuple[float, float],
    named: tuple[tuple[Any, Any, int], ...],
    *,
    is_exact: bool,
) -> Transitivity:
    triads_of, circular_of = _by_person(pairs)
    warnings = []
    if not counted.triads:
        warnings.append("no three items were decided against one another; nothing can be said")
    if not is_exact:
        warnings.append(
            f"too many triads to count: {counted.triads:,} of those drawn were looked at"
        )
    return Transitivity(
        items=pairs.items,
        triads=counted.triads,
        circular=counted.circular,
        share=share,
        interval=interval,
        zeta=_zeta(share, len(pairs.items)) if counted.triads else None,
        is_exact=is_exact,
        pairs=named,
        workers=pairs.workers,
        person_triads=triads_of,
        person_circular=circular_of,
        warnings=tuple(warnings),
    )


def _zeta(share: float, items: int) -> float:
    """Give 1 - d / d_max, d_max being the most circular triads that `items` things can have."""
    most = (items**3 - items) / 24 if items % 2 else (items**3 - 4 * items) / 24
    all_triads = items * (items - 1) * (items - 2) / 6
    return 1.0 - share * all_triads / most


def _by_person(pairs: PairVotes) -> tuple[Codes, Codes]:
    people, items = len(pairs.workers), len(pairs.items)
    none = np.zeros(people, dtype=np.intp)
    if not people:
        return none, none
    wins = _majority(pairs, pairs.worker)
    if wins.paths > _EXACT:
        return none, none
    counted = _count(wins)
    person = wins.better // items
    triads = np.bincount(person, weights=counted.triads_by_arrow, minlength=people) / 3
    circular = np.bincount(person, weights=counted.by_arrow, minlength=people) / 3
    return triads.round().astype(np.intp), circular.round().astype(np.intp)
