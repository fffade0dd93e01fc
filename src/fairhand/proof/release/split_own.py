"""What is evaluated by is people's own: tasks that a model had a hand in stay out of evaluation.

A model that is measured against a model's answers is measured against itself. So the splits that
are not for training are drawn from tasks that were answered without a proposal, about people's
data, as far as there are enough of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fairhand.proof.release.guard import TRAINING_SPLITS
from fairhand.proof.release.splits import SplitPlan, Unit, assign_units

_MOST_OF_OWN: Final = 0.8
"""Of people's own tasks at most this much is for evaluation, so that some are learned from too."""


@dataclass(frozen=True, slots=True)
class Parted:
    """The split of each task, and how many that would have been for evaluation are not."""

    split_of: dict[int, str | None]
    kept_out: int = 0


def part_own(units: Iterable[Unit], own: frozenset[int], plan: SplitPlan) -> Parted:
    """Part units by task so that evaluation is drawn from those that are people's own alone.

    The others are for training. Where there is no split for training, or nothing is people's own,
    or nothing else, they are parted as ever.
    """
    given = list(units)
    usual = assign_units(given, plan)
    mine = [unit for unit in given if own.issuperset(unit.tasks)]
    training = next((name for name in plan.shares if name in TRAINING_SPLITS), None)
    if training is None or not mine or len(mine) == len(given):
        return Parted(usual)
    total = sum(len(unit.tasks) for unit in given)
    part = sum(len(unit.tasks) for unit in mine)
    wanted = {name: share * total / part for name, share in plan.shares.items()}
    del wanted[training]
    scale = min(1.0, _MOST_OF_OWN / sum(wanted.values()))
    shares = {name: wanted.get(name, 0.0) * scale for name in plan.shares}
    shares[training] = 1.0 - sum(shares.values())
    found: dict[int, str | None] = {task: training for unit in given for task in unit.tasks}
    found |= assign_units(mine, replace(plan, shares=shares))
    if plan.shares.keys() - set(found.values()):
        return Parted(usual)
    moved = [
        task for task, name in usual.items() if name not in TRAINING_SPLITS and task not in own
    ]
    return Parted(found, len(moved))


def keep_own(split_of: Mapping[int, str | None], own: frozenset[int], plan: SplitPlan) -> Parted:
    """Put on no side what is for evaluation and not people's own, unless nothing would be left.

    For splits by time or by person, where no task may change sides.
    """
    out = [
        task
        for task, name in split_of.items()
        if name is not None and name not in TRAINING_SPLITS and task not in own
    ]
    found = {**split_of, **dict.fromkeys(out)}
    if not out or plan.shares.keys() - set(found.values()):
        return Parted(dict(split_of))
    return Parted(found, len(out))


def own_words(kept_out: int) -> str:
    """Say what was kept out of evaluation; nothing when nothing was."""
    if not kept_out:
        return ""
    what = "1 task" if kept_out == 1 else f"{kept_out:,} tasks"
    return f"{what} that a model had a hand in stayed out of evaluation."


def own_tasks(tasks: Sequence[int], are_own: Sequence[int]) -> frozenset[int]:
    """Pick the tasks that are people's own alone."""
    return frozenset(task for task, is_own in zip(tasks, are_own, strict=True) if is_own)
