"""How well people match one another on the same tasks: what a model cannot be asked to beat.

A person is held against each other person of the task, and the model against the same persons, so
that both figures mean the same; tasks weigh alike. Groups of people (of one country) are shown only
where ten or more of them answered, and what is smaller is put together (quality.watch.anonymity).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from fairhand.quality.evaluation.judged import (
    LEVEL,
    Estimate,
    Floats,
    Judged,
    Match,
    mean_estimate,
)
from fairhand.quality.evaluation.slices import LEAST, difference
from fairhand.quality.watch.anonymity import merge_small_groups

Ready = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How a person matches another, and the model a person, on tasks with two answers or more.

    `headroom` is the first less the second, task by task.
    """

    people: Estimate
    model: Estimate
    headroom: Estimate
    tasks: int


@dataclass(frozen=True, slots=True)
class OfGroup:
    """How the model matches the answers of people of one group, and how many people they are."""

    group: str
    people: int
    score: Estimate


@dataclass(frozen=True, slots=True)
class ByGroup:
    """The groups of people that could be shown; `why_not` says why there are none.

    `gaps` are each group against all others: (group, gap, low, high), holding all at once.
    """

    groups: tuple[OfGroup, ...]
    gaps: tuple[tuple[str, float, float, float], ...]
    why_not: str


def measure_ceiling(judged: Sequence[Judged], match: Match, ready: Ready) -> Ceiling | None:
    """Hold people against one another and the model against them; None without two answers."""
    people, model = [], []
    for one in judged:
        if len(one.answers) < 2 or one.predicted is None:
            continue
        said = [ready(answer) for _, answer in one.answers]
        proposed = ready(one.predicted)
        people.append(float(np.mean([match(*pair) for pair in combinations(said, 2)])))
        model.append(float(np.mean([match(proposed, answer) for answer in said])))
    if not people:
        return None
    ours, theirs = np.array(people), np.array(model)
    return Ceiling(mean_estimate(ours), mean_estimate(theirs), _signed(ours - theirs), len(people))


def measure_groups(
    judged: Sequence[Judged],
    group_of: Mapping[int, str],
    match: Match,
    ready: Ready,
    *,
    k: int = LEAST,
) -> ByGroup:
    """Hold the model against people group by group; no group of fewer than `k` people."""
    present = {
        person: group_of[person]
        for one in judged
        for person, _ in one.answers
        if person in group_of
    }
    merged = merge_small_groups(present, k)
    sizes: defaultdict[str, int] = defaultdict(int)
    for group in merged.values():
        if group is not None:
            sizes[str(group)] += 1
    shown = sorted(group for group, size in sizes.items() if size >= k)
    if len(shown) < 2:
        return ByGroup((), (), f"Fewer than two groups of {k} people or more have answered.")
    matches = _by_task(judged, merged, match, ready)
    groups = [OfGroup(group, sizes[group], mean_estimate(matches[group])) for group in shown]
    level = 1 - (1 - LEVEL) / len(shown)
    gaps = []
    for group in shown:
        rest = np.concatenate([matches[other] for other in shown if other != group])
        gaps.append((group, *difference(matches[group], rest, level)))
    return ByGroup(tuple(groups), tuple(gaps), "")


def _by_task(
    judged: Sequence[Judged], group_of: Mapping[Any, Any], match: Match, ready: Ready
) -> dict[str, Floats]:
    """Mean match of the model with each group's people, a figure for every task they answered."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for one in judged:
        if one.predicted is None:
            continue
        proposed = ready(one.predicted)
        inside: defaultdict[str, list[float]] = defaultdict(list)
        for person, answer in one.answers:
            group = group_of.get(person)
            if group is not None:
                inside[str(group)].append(match(proposed, ready(answer)))
        for group, values in inside.items():
            found[group].append(float(np.mean(values)))
    return {group: np.array(values) for group, values in found.items()}


def _signed(values: Floats) -> Estimate:
    """Mean of differences in -1..1 with Student's interval."""
    half = mean_estimate((values + 1) / 2)
    return Estimate(2 * half.value - 1, 2 * half.low - 1, 2 * half.high - 1, half.tasks)
