"""Best-worst scaling: from "which is best, which is worst of these?" to scores.

J. J. Louviere, T. N. Flynn, A. A. J. Marley: Best-worst scaling, 2015. Two readings side by side:
counts, (times best - times worst) / times shown, and the sequential model, in which the best is
chosen from all and the worst from the rest (A. A. J. Marley, J. J. Louviere, J. Mathematical
Psychology 49, 2005), fitted like Plackett-Luce with reliabilities and standard errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.frames import column_names, columns, is_frame
from fairhand.quality.ranking.choices import ChoiceLists, Settings, fit_choices
from fairhand.quality.ranking.pairs import merge_names
from fairhand.quality.ranking.plackett_luce import people_of
from fairhand.quality.ranking.result import PeopleRanking


@dataclass(frozen=True, slots=True)
class BestWorstRanking(PeopleRanking):
    """The model's ranking, and the plain counts per item.

    `balance` is (times best - times worst) / times shown, in [-1, 1]; 0 for what was never shown.
    """

    shown: Codes
    best: Codes
    worst: Codes
    balance: Floats


def best_worst(
    shown: object,
    best: Sequence[Any] | None = None,
    worst: Sequence[Any] | None = None,
    worker: Sequence[Any] | None = None,
    *,
    items: Sequence[Any] | None = None,
    prior_sd: float | None = None,
    people: bool = True,
) -> BestWorstRanking:
    """Scale items from answers: `shown[i]` the items of answer i, `best[i]`, `worst[i]` picked.

    A table with the columns shown (each cell a list), best, worst and perhaps worker is read too.
    Raises ValueError naming the row where best or worst was not shown, both are one item, or an
    item is shown twice.
    """
    if is_frame(shown):
        if best is not None or worst is not None or worker is not None:
            raise ValueError("give one table, or sequences; not both")
        named = "worker" in column_names(shown)
        worker = list(columns(shown, ["worker"])[0]) if named else None
        shown, best, worst = map(list, columns(shown, ["shown", "best", "worst"]))
    if best is None or worst is None:
        raise ValueError("give a table with the columns shown, best and worst, or three sequences")
    rows = [list(names) for names in shown]  # type: ignore[attr-defined]
    if not len(rows) == len(best) == len(worst):
        raise ValueError(
            "shown, best and worst must have one length; they have "
            f"{len(rows)}, {len(best)} and {len(worst)}"
        )
    orders = [
        _order(row, *answer) for row, answer in enumerate(zip(rows, best, worst, strict=True))
    ]
    lists = _lists(orders, worker, items)
    fit = fit_choices(lists, Settings(prior_sd, people, 100, 1e-4), "best-worst")
    return _with_counts(fit, lists)


def _order(row: int, names: list[Any], best: Any, worst: Any) -> list[Any]:  # noqa: ANN401
    """Put the best first and the worst last."""
    if len(set(names)) < len(names):
        raise ValueError(f"row {row} shows an item twice")
    for picked, title in ((best, "best"), (worst, "worst")):
        if picked not in names:
            raise ValueError(f"{title} of row {row} is {picked!r}, which was not shown")
    if best == worst:
        raise ValueError(f"row {row} calls {best!r} both best and worst")
    return [best, *(name for name in names if name not in (best, worst)), worst]


def _lists(
    orders: list[list[Any]], worker: Sequence[Any] | None, items: Sequence[Any] | None
) -> ChoiceLists:
    """Read each answer as two choices: the best of all, then the worst of the rest."""
    flat = [name for order in orders for name in [*order, *reversed(order[1:])]]
    names, (codes,) = merge_names([(flat, "item")], items)
    workers, people = people_of(worker, len(orders))
    sizes = np.array([size for order in orders for size in (len(order), len(order) - 1)], np.intp)
    return ChoiceLists(
        item=codes,
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp),
        depth=np.minimum(sizes - 1, 1),
        sign=np.tile(np.array([1, -1], dtype=np.int8), len(orders)),
        worker=np.repeat(people, 2),
        items=names,
        workers=workers,
    )


def _with_counts(fit: PeopleRanking, lists: ChoiceLists) -> BestWorstRanking:
    items = len(lists.items)
    first, second = lists.start[:-1:2], lists.start[1::2]
    best = np.bincount(lists.item[first], minlength=items)
    worst = np.bincount(lists.item[second], minlength=items)
    # An answer's first list holds all its items, the second all but the best.
    shown = (np.bincount(lists.item, minlength=items) + best) // 2
    return BestWorstRanking(
        **{one.name: getattr(fit, one.name) for one in fields(fit)},
        shown=shown,
        best=best,
        worst=worst,
        balance=(best - worst) / np.maximum(shown, 1),
    )
