"""Plackett-Luce: scores from orders, full or partial.

R. L. Plackett: The analysis of permutations, Applied Statistics 24, 1975; R. D. Luce: Individual
choice behavior, 1959. D. R. Hunter (MM algorithms for generalized Bradley-Terry models, 2004) says
when the plain maximum exists; here a normal prior, its spread chosen by the evidence, makes it
exist always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairhand.quality.aggregation.codes import Codes, factorise
from fairhand.quality.frames import column_names, columns, is_frame
from fairhand.quality.ranking.choices import ChoiceLists, Settings, fit_choices
from fairhand.quality.ranking.pairs import merge_names
from fairhand.quality.ranking.result import PeopleRanking

Lists = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class PlackettLuce:
    """The estimator and its settings; deterministic, never NaN, the same for any order of rows.

    `prior_sd` is the spread of scores believed beforehand; None lets the evidence choose it.
    `people` gives each person a reliability of their own, when workers are given.
    """

    prior_sd: float | None = None
    people: bool = True
    max_iterations: int = 100
    tolerance: float = 1e-4

    def fit(
        self,
        rankings: object,
        worker: Sequence[Any] | None = None,
        *,
        below: Lists | None = None,
        items: Sequence[Any] | None = None,
    ) -> PeopleRanking:
        """Rank from orders, each a sequence of items, best first; they need not name all items.

        `below[i]` are items that order i put below all it names, in no order (for "the best three
        of these ten"). `worker[i]` is who gave it; `items` fixes the items and their order. A table
        with the columns task, item, rank (1 is best), and perhaps worker, is read as one order for
        each task and worker. Raises ValueError for an item twice in one order, and for equal
        ranks in a table: break ties, or ask in pairs, where "same" is an answer.
        """
        if is_frame(rankings):
            if worker is not None or below is not None:
                raise ValueError("give one table, or sequences; not both")
            rankings, worker = _from_frame(rankings)
        orders = [list(order) for order in rankings]  # type: ignore[attr-defined]
        rest = [list(order) for order in below] if below is not None else [[] for _ in orders]
        if len(rest) != len(orders):
            raise ValueError(f"below has {len(rest)} rows, rankings {len(orders)}")
        lists = encode_lists(orders, rest, worker, items)
        settings = Settings(self.prior_sd, self.people, self.max_iterations, self.tolerance)
        return fit_choices(lists, settings, "plackett-luce")


def encode_lists(
    orders: list[list[Any]],
    rest: list[list[Any]],
    worker: Sequence[Any] | None,
    items: Sequence[Any] | None,
) -> ChoiceLists:
    """Put orders, and what they put below, into codes; refuse an item twice in one order."""
    whole = [[*order, *others] for order, others in zip(orders, rest, strict=True)]
    for row, names in enumerate(whole):
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"order {row} names {twice!r} twice")
    flat = [name for names in whole for name in names]
    found, (codes,) = merge_names([(flat, "item")], items)
    workers, worker_codes = people_of(worker, len(orders))
    sizes = np.array([len(names) for names in whole], dtype=np.intp)
    named = np.array([len(order) for order in orders], dtype=np.intp)
    return ChoiceLists(
        item=codes,
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp),
        # The last of all is no choice: nothing else is left.
        depth=np.minimum(named, np.maximum(sizes - 1, 0)),
        sign=np.ones(len(orders), dtype=np.int8),
        worker=worker_codes,
        items=found,
        workers=workers,
    )


def people_of(worker: Sequence[Any] | None, rows: int) -> tuple[tuple[Any, ...], Codes]:
    """Give names and codes of the people; no names, and zeros, when nobody is named."""
    if worker is None:
        return (), np.zeros(rows, dtype=np.intp)
    if len(worker) != rows:
        raise ValueError(f"worker has {len(worker)} rows, there are {rows} orders")
    return factorise(worker, "worker")


def _from_frame(frame: object) -> tuple[list[list[Any]], list[Any] | None]:
    known = column_names(frame)
    task, item, rank = columns(frame, ["task", "item", "rank"])
    people = columns(frame, ["worker"])[0] if "worker" in known else None
    tasks, task_codes = factorise(task, "task")
    names, item_codes = factorise(item, "item")
    ranks, rank_codes = factorise(rank, "rank")
    workers, worker_codes = people_of(None if people is None else list(people), len(task_codes))
    group = task_codes * max(len(workers), 1) + worker_codes
    order = np.lexsort((rank_codes, group))
    again = (np.diff(group[order]) == 0) & (np.diff(rank_codes[order]) == 0)
    if again.any():
        at = int(order[int(again.argmax()) + 1])
        raise ValueError(
            f"row {at} gives rank {ranks[int(rank_codes[at])]!r} of task "
            f"{tasks[int(task_codes[at])]!r} a second time; break ties, or ask in pairs"
        )
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    parts = np.split(order, cuts) if len(order) else []
    orders = [[names[code] for code in item_codes[part].tolist()] for part in parts]
    if people is None:
        return orders, None
    return orders, [workers[int(worker_codes[part[0]])] for part in parts]
