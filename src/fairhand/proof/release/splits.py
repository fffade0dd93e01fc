"""Splits: which side of training and evaluation a task is on, seeded, and without leaks.

Tasks that are nearly the same are one unit, and a unit is on one side. Nothing is drawn from a
dice: units are ordered by a hash of the seed, so the same project gives the same splits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, Literal, cast

from fairhand.core.errors import InvalidError, Issue

By = Literal["task", "person", "time"]
BY: Final[tuple[By, ...]] = ("task", "person", "time")
USUAL_NAMES: Final = {2: ("train", "test"), 3: ("train", "validation", "test")}
MOST_SPLITS: Final = 10
LARGEST_SEED: Final = 2**53 - 1
"""The greatest whole number that every reader of JSON reads alike."""
UNSPLIT: Final = "unsplit"
"""The files of what is on no side; in rows its split is empty."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_KNOWN: Final = frozenset({"shares", "by", "seed", "stratify"})


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """How to part a release: shares by name in their order, adding up to 1.

    `stratify` names questions (their answers) and fields of the data, whose mix shall be alike on
    all sides.
    """

    shares: Mapping[str, float]
    by: By = "task"
    seed: int = 0
    stratify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """Tasks that stay together, by their places; `stratum` and `moment` are what they go by."""

    tasks: tuple[int, ...]
    stratum: str = ""
    moment: int = 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """The split of each task (None: on no side), and how many near-duplicates were kept together.

    `groups` counts groups of nearly the same tasks, `grouped` the tasks in them; `compared` says
    by which means they were found. `kept_out` counts tasks that a model had a hand in and that are
    therefore not for evaluation.
    """

    split_of: Mapping[int, str | None]
    groups: int = 0
    grouped: int = 0
    compared: tuple[str, ...] = field(default=())
    kept_out: int = 0


def parse_splits(content: Mapping[str, Any] | None) -> SplitPlan | None:
    """Read how to part a release: `shares` ("80/10/10", a list, or by name), `by`, `seed`, and
    `stratify` (a name or several). None or nothing: it is not parted.

    Raises InvalidError that names what is wrong.
    """
    if not content:
        return None
    issues = [Issue(f"splits.{key}", "is not known here") for key in content.keys() - _KNOWN]
    shares = _shares(content.get("shares"), issues)
    by, seed = content.get("by", "task"), content.get("seed", 0)
    stratify = content.get("stratify", ())
    names = (stratify,) if isinstance(stratify, str) else stratify
    if by not in BY:
        issues.append(Issue("splits.by", f"must be one of {', '.join(BY)}"))
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        issues.append(Issue("splits.seed", "must be a whole number from 0 to 2^53 - 1"))
    if not isinstance(names, Sequence) or not all(isinstance(one, str) and one for one in names):
        issues.append(Issue("splits.stratify", "must name questions or fields of the data"))
        names = ()
    if names and by != "task":
        issues.append(Issue("splits.stratify", "goes with splits by task alone"))
    if issues:
        raise InvalidError(
            f"The splits cannot be made: {issues[0].place} {issues[0].message}.", issues=issues
        )
    return SplitPlan(shares, cast(By, by), cast(int, seed), tuple(dict.fromkeys(names)))


def dump_plan(plan: SplitPlan) -> dict[str, Any]:
    """Write a plan as `parse_splits` reads it."""
    return {
        "shares": dict(plan.shares),
        "by": plan.by,
        "seed": plan.seed,
        "stratify": list(plan.stratify),
    }


def _shares(given: object, issues: list[Issue]) -> dict[str, float]:
    named: dict[str, float] = {}
    try:
        if isinstance(given, str):
            given = given.split("/")
        if isinstance(given, Mapping):
            named = {str(name): _number(share) for name, share in given.items()}
        elif isinstance(given, Sequence):
            usual = USUAL_NAMES.get(len(given))
            if usual is None:
                issues.append(
                    Issue("splits.shares", "name the splits unless they are two or three")
                )
                return {}
            named = dict(zip(usual, map(_number, given), strict=True))
    except (TypeError, ValueError):
        issues.append(Issue("splits.shares", "must be numbers, as 80/10/10"))
        return {}
    total = sum(named.values())
    if not 2 <= len(named) <= MOST_SPLITS:
        issues.append(Issue("splits.shares", f"must be two to {MOST_SPLITS}, as 80/10/10"))
    elif not all(0 < share < float("inf") for share in named.values()):
        issues.append(Issue("splits.shares", "must all be greater than nothing"))
    elif abs(total - 1) > 1e-6 and abs(total - 100) > 1e-4:
        issues.append(Issue("splits.shares", f"must add up to 100, not to {total:g}"))
    bad = [name for name in named if not _NAME.fullmatch(name) or name == UNSPLIT]
    if bad:
        issues.append(Issue("splits.shares", f"{bad[0]!r} is no name for a split"))
    return {} if issues else {name: round(share / total, 9) for name, share in named.items()}


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError
    return float(value)


def assign_units(units: Iterable[Unit], plan: SplitPlan) -> dict[int, str | None]:
    """Give each unit to the split that lacks most of its share, strata alike, large units first.

    By time the oldest units fill the first split, so nothing on it is newer than what follows.
    """
    given = list(units)
    if plan.by == "time":
        ordered = sorted(given, key=lambda one: (one.moment, order_of(plan.seed, one.tasks[0])))
        return _cut(ordered, plan)
    ordered = sorted(
        given,
        key=lambda one: (one.stratum, -len(one.tasks), order_of(plan.seed, one.tasks[0])),
    )
    names, shares = list(plan.shares), list(plan.shares.values())
    whole, part, stratum = _Filling(shares), _Filling(shares), None
    found: dict[int, str | None] = {}
    for unit in ordered:
        if unit.stratum != stratum:
            stratum, part = unit.stratum, _Filling(shares)
        size = len(unit.tasks)
        lacks = [
            one + other for one, other in zip(part.lacks(size), whole.lacks(size), strict=True)
        ]
        place = max(range(len(names)), key=lambda at: (lacks[at], -at))
        part.add(place, size)
        whole.add(place, size)
        found.update(dict.fromkeys(unit.tasks, names[place]))
    return found


@dataclass(slots=True)
class _Filling:
    """How far splits are filled, and what each lacks of its share once more comes in."""

    shares: Sequence[float]
    total: int = 0
    filled: dict[int, int] = field(default_factory=dict)

    def lacks(self, size: int) -> list[float]:
        due = self.total + size
        return [share * due - self.filled.get(at, 0) for at, share in enumerate(self.shares)]

    def add(self, place: int, size: int) -> None:
        self.total += size
        self.filled[place] = self.filled.get(place, 0) + size


def _cut(ordered: Sequence[Unit], plan: SplitPlan) -> dict[int, str | None]:
    total = sum(len(unit.tasks) for unit in ordered)
    ends, due = [], 0.0
    for share in plan.shares.values():
        due += share * total
        ends.append(due)
    names, done, place = list(plan.shares), 0, 0
    found: dict[int, str | None] = {}
    for unit in ordered:
        middle = done + len(unit.tasks) / 2
        while place < len(names) - 1 and middle > ends[place]:
            place += 1
        found.update(dict.fromkeys(unit.tasks, names[place]))
        done += len(unit.tasks)
    return found


def assign_people(
    people_of: Mapping[int, frozenset[int]], groups: Iterable[Sequence[int]], plan: SplitPlan
) -> dict[int, str | None]:
    """Part tasks so that nobody is on two sides: each person is on one, with their tasks.

    People who share tasks stay together while they are not too many for any split. A task whose
    people are on several sides, and one nearly the same as a task on another side, is on no side.
    """
    circles = _circles(people_of, max(plan.shares.values()))
    units = [Unit(tuple(sorted(circle)), moment=weight) for circle, weight in circles]
    side = _assign_weighted(units, plan)
    found: dict[int, str | None] = {}
    for task_id, people in people_of.items():
        sides = {side[one] for one in people}
        found[task_id] = sides.pop() if len(sides) == 1 else None
    for group in groups:
        if len({found[task_id] for task_id in group}) > 1:
            found.update(dict.fromkeys(group, None))
    return found


def _assign_weighted(units: Sequence[Unit], plan: SplitPlan) -> dict[int, str]:
    names, filling = list(plan.shares), _Filling(list(plan.shares.values()))
    found: dict[int, str] = {}
    for unit in sorted(units, key=lambda one: (-one.moment, order_of(plan.seed, one.tasks[0]))):
        lacks = filling.lacks(unit.moment)
        place = max(range(len(names)), key=lambda at: (lacks[at], -at))
        filling.add(place, unit.moment)
        found.update(dict.fromkeys(unit.tasks, names[place]))
    return found


def _circles(
    people_of: Mapping[int, frozenset[int]], largest: float
) -> list[tuple[list[int], int]]:
    """People joined by tasks, with what they did; a circle too large for a split is broken up."""
    weight: dict[int, int] = {}
    joined = Joined()
    for people in people_of.values():
        for person in people:
            weight[person] = weight.get(person, 0) + 1
            joined.join(person, min(people))
    total = sum(weight.values())
    circles: list[tuple[list[int], int]] = []
    for members in joined.groups(weight):
        size = sum(weight[one] for one in members)
        if size <= largest * total:
            circles.append((members, size))
        else:
            circles.extend(([one], weight[one]) for one in members)
    return circles


class Joined:
    """Numbers that belong together, found by joining two at a time."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def join(self, one: int, other: int) -> None:
        """Let two numbers, and all that belong to either, belong together."""
        first, second = self.head(one), self.head(other)
        if first != second:
            self._above[max(first, second)] = min(first, second)

    def head(self, one: int) -> int:
        """Give the least number that belongs to this one."""
        found = one
        while (above := self._above.get(found, found)) != found:
            found = above
        while one != found:
            self._above[one], one = found, self._above[one]
        return found

    def groups(self, members: Iterable[int]) -> list[list[int]]:
        """Give all of these that belong together, in the order of their least."""
        found: dict[int, list[int]] = {}
        for one in sorted(members):
            found.setdefault(self.head(one), []).append(one)
        return list(found.values())


def order_of(seed: int, number: int) -> bytes:
    """Where a number stands in the order of a seed (BLAKE2b, so it looks drawn by lot)."""
    return blake2b(b"%d %d" % (seed, number), digest_size=8, person=b"fairhand split").digest()
