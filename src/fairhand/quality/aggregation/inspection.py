"""What makes a result doubtful whatever the model: said in sentences, never in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes
from fairhand.quality.aggregation.engine import COMPILED_FROM, Grouped
from fairhand.quality.aggregation.inspection_kernel import look_at_tasks, union_people

_GIANT_SHARE = 0.5
_PAIRS_ENOUGH = 50
_BEYOND_CHANCE = 2.0


def inspect(grouped: Grouped, workers: tuple[Any, ...]) -> tuple[str, ...]:
    """Say what to be careful of: one person, a giant, groups apart, repeats, chance agreement."""
    if not len(grouped.cell):
        return ()
    given = np.bincount(grouped.cell // grouped.classes, minlength=grouped.workers)
    active = int((given > 0).sum())
    if active == 1:
        return ("One person gave every answer: nothing here checks them.",)
    found = [_giant(given, workers, active), _groups(grouped, given), *_pairs(grouped)]
    return tuple(sentence for sentence in found if sentence)


def _giant(given: Codes, workers: tuple[Any, ...], active: int) -> str:
    share = given.max() / given.sum()
    if active <= 2 or share <= _GIANT_SHARE:
        return ""
    return (
        f"{workers[int(given.argmax())]!r} gave {share:.0%} of the answers: "
        "where they err, the estimate errs with them."
    )


def _groups(grouped: Grouped, given: Codes) -> str:
    groups = count_groups(grouped, given)
    if groups <= 1:
        return ""
    return (
        f"The answers fall into {groups} groups that share neither people nor tasks: "
        "people of different groups are compared only through the crowd's habits."
    )


def count_groups(grouped: Grouped, given: Codes) -> int:
    """Count the groups of people connected through tasks they share."""
    worker = grouped.cell // grouped.classes
    if len(grouped.cell) >= COMPILED_FROM:
        parent = np.arange(grouped.workers)
        joined = union_people(grouped.starts, worker, parent)
        return int((given > 0).sum()) - joined
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    task = np.repeat(np.arange(grouped.tasks), np.diff(grouped.starts))
    size = grouped.workers + grouped.tasks
    ones = np.ones(len(task), dtype=np.int8)
    graph = coo_array((ones, (worker, grouped.workers + task)), shape=(size, size))
    parts, _ = connected_components(graph, directed=False)
    silent = int((given == 0).sum()) + int((np.diff(grouped.starts) == 0).sum())
    return int(parts) - silent


def _pairs(grouped: Grouped) -> list[str]:
    """Say when answers are repeated, when no two people meet, or agree by chance alone."""
    repeats, pairs, agreeing, triples = _look(grouped)
    found = []
    if repeats:
        found.append(
            f"{repeats} answers repeat a person's earlier answer to the same task; "
            "each counts as a judgement of its own."
        )
    if not pairs:
        found.append("No task has two answers: nobody's accuracy can be seen from the answers.")
    elif pairs >= _PAIRS_ENOUGH and grouped.classes > 1:
        beyond = _beyond_chance(grouped, pairs, agreeing, triples)
        if beyond < _BEYOND_CHANCE:
            found.append(
                "People agree no more than chance would have it: "
                "the answers hold no evidence that anybody looked at the tasks."
            )
    return found


def _beyond_chance(grouped: Grouped, pairs: int, agreeing: int, triples: int) -> float:
    """Give how many standard deviations agreement lies above that of unrelated answers.

    Under chance each answer is a draw from the shares p of the labels: pairs agree with
    probability q = sum p^2, two pairs that share an answer both agree with sum p^3.
    """
    labels = np.bincount(grouped.cell % grouped.classes, minlength=grouped.classes)
    share = labels / labels.sum()
    chance = float((share**2).sum())
    variance = pairs * chance * (1.0 - chance)
    variance += 2 * triples * max(float((share**3).sum()) - chance**2, 0.0)
    if variance <= 0.0:
        return np.inf  # one label only: nothing to tell chance from agreement
    return float((agreeing - pairs * chance) / np.sqrt(variance))


def _look(grouped: Grouped) -> tuple[int, int, int, int]:
    worker, label = grouped.cell // grouped.classes, grouped.cell % grouped.classes
    if len(grouped.cell) >= COMPILED_FROM:
        seen = np.full(grouped.workers, -1, dtype=np.int64)
        votes = np.zeros(grouped.classes, dtype=np.int64)
        looked = look_at_tasks(grouped.starts, worker, label, seen, votes)
        return looked[0], looked[1], looked[2], looked[3]
    size = np.diff(grouped.starts)
    task = np.repeat(np.arange(grouped.tasks), size)
    votes = _occupied(task * grouped.classes + label)
    people = _occupied(task * grouped.workers + worker)
    pairs = int((size * (size - 1) // 2).sum())
    agreeing = int((votes * (votes - 1) // 2).sum())
    triples = int((size * (size - 1) * (size - 2) // 2).sum())
    return int((people - 1).sum()), pairs, agreeing, triples


def _occupied(cells: NDArray[np.int64]) -> Codes:
    return np.unique(cells, return_counts=True)[1]
