"""Splits keep what belongs together on one side, keep to their shares, and are the same again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.errors import InvalidError
from fairhand.proof.release.split_counts import (
    SplitCounting,
    by_split,
    check_splits,
    planned_facts,
)
from fairhand.proof.release.splits import (
    Assignment,
    Joined,
    SplitPlan,
    Unit,
    assign_people,
    assign_units,
    dump_plan,
    parse_splits,
)
from tests.rules.proof.releases import rows

PLAN = SplitPlan({"train": 0.8, "validation": 0.1, "test": 0.1})


def test_shares_can_be_said_in_three_ways() -> None:
    for shares in ("80/10/10", [0.8, 0.1, 0.1], {"train": 80, "validation": 10, "test": 10}):
        assert parse_splits({"shares": shares}) == PLAN
    assert parse_splits({}) is None
    assert parse_splits(dump_plan(replace(PLAN, stratify=("digit",)))) == replace(
        PLAN, stratify=("digit",)
    )


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"shares": "80/10"}, "splits.shares"),
        ({"shares": "eighty/twenty"}, "splits.shares"),
        ({"shares": "100"}, "splits.shares"),
        ({"shares": {"train": 110, "test": -10}}, "splits.shares"),
        ({"shares": {"../train": 50, "test": 50}}, "splits.shares"),
        ({"shares": {"train": 50, "unsplit": 50}}, "splits.shares"),
        ({"shares": "nan/50"}, "splits.shares"),
        ({}, "splits.shares"),
        ({"shares": "80/20", "by": "hand"}, "splits.by"),
        ({"shares": "80/20", "seed": -1}, "splits.seed"),
        ({"shares": "80/20", "seed": True}, "splits.seed"),
        ({"shares": "80/20", "by": "time", "stratify": ["digit"]}, "splits.stratify"),
        ({"shares": "80/20", "stratify": [3]}, "splits.stratify"),
        ({"shares": "80/20", "stratfy": "digit"}, "splits.stratfy"),
    ],
)
def test_what_cannot_be_parted_is_refused_by_its_place(
    asked: dict[str, object], place: str
) -> None:
    if not asked:
        asked = {"by": "task"}
    with pytest.raises(InvalidError) as refused:
        parse_splits(asked)
    assert place in {issue.place for issue in refused.value.issues}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=60), st.integers(0, 9), st.sampled_from("ab")
)
def test_units_stay_whole_and_every_stratum_keeps_to_the_shares(
    sizes: list[int], seed: int, letter: str
) -> None:
    units, start = [], 0
    for place, size in enumerate(sizes):
        units.append(
            Unit(tuple(range(start, start + size)), letter if place % 3 else "c", moment=place)
        )
        start += size
    plan = replace(PLAN, seed=seed)
    found = assign_units(units, plan)
    assert set(found) == set(range(start))
    assert all(len({found[task] for task in unit.tasks}) == 1 for unit in units)
    assert assign_units(list(reversed(units)), plan) == found
    for stratum in {unit.stratum for unit in units}:
        tasks = [task for unit in units if unit.stratum == stratum for task in unit.tasks]
        counts = Counter(found[task] for task in tasks)
        for name, share in plan.shares.items():
            assert abs(counts[name] - share * len(tasks)) <= 3 * max(sizes)


def test_strata_of_single_tasks_are_alike_on_all_sides() -> None:
    units = [Unit((task,), stratum=str(task % 4)) for task in range(400)]
    found = assign_units(units, PLAN)
    for stratum in range(4):
        counts = Counter(found[task] for task in range(400) if task % 4 == stratum)
        assert counts == {"train": 80, "validation": 10, "test": 10}


def test_another_seed_gives_other_splits_of_the_same_sizes() -> None:
    units = [Unit((task,)) for task in range(200)]
    one, other = assign_units(units, PLAN), assign_units(units, replace(PLAN, seed=1))
    assert one != other
    assert Counter(one.values()) == Counter(other.values())


def test_by_time_nothing_in_training_is_newer_than_what_is_tested() -> None:
    moments = {task: (task * 37) % 101 for task in range(100)}
    units = [Unit((task,), moment=moment) for task, moment in moments.items()]
    found = assign_units(units, replace(PLAN, by="time"))
    sides = {name: [moments[task] for task in found if found[task] == name] for name in PLAN.shares}
    assert max(sides["train"]) <= min(sides["validation"])
    assert max(sides["validation"]) <= min(sides["test"])
    assert [len(side) for side in sides.values()] == [80, 10, 10]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.frozensets(st.integers(1, 12), min_size=1, max_size=3), max_size=60),
    st.integers(0, 9),
)
def test_nobody_is_on_two_sides_whoever_answered_what(
    teams: list[frozenset[int]], seed: int
) -> None:
    people_of = dict(enumerate(teams))
    near = [[0, 1]] if len(teams) > 1 else []
    found = assign_people(people_of, near, replace(PLAN, by="person", seed=seed))
    sides: dict[int, set[str]] = {}
    for task, side in found.items():
        for person in people_of[task]:
            sides.setdefault(person, set()).update({side} if side else ())
    assert all(len(side) <= 1 for side in sides.values())
    assert len({found[task] for task in near[0]} if near else {None}) == 1


def test_teams_that_work_apart_lose_nothing_by_a_split_by_person() -> None:
    people_of = {task: frozenset({task % 20 * 2, task % 20 * 2 + 1}) for task in range(200)}
    found = assign_people(people_of, [], replace(PLAN, by="person"))
    assert Counter(found.values()) == {"train": 160, "validation": 20, "test": 20}


def test_what_is_joined_over_others_is_one_group() -> None:
    joined = Joined()
    for one, other in ((5, 9), (1, 2), (9, 2)):
        joined.join(one, other)
    assert joined.groups(range(10)) == [[0], [1, 2, 5, 9], [3], [4], [6], [7], [8]]


def test_the_same_data_on_two_sides_is_found(tmp_path: object) -> None:
    made = [row for row in rows(12) if row.question == "digit"]
    names = ("train", "validation", "test")
    parted = [replace(row, split=names[row.task_id % 5 % 3]) for row in made]
    assert [row.split for row in by_split(tmp_path, parted, names)] == sorted(  # type: ignore[arg-type]
        (str(row.split) for row in parted), key=names.index
    )
    told = planned_facts(PLAN, Assignment({}))
    counted = _counted(list(parted))
    assert check_splits(counted.facts(told), counted) == []
    moved = _counted([replace(row, split="test") if row.task_id == 10 else row for row in parted])
    assert "in two splits" in check_splits(moved.facts(told), moved)[0].message
    assert "not what the rows give" in check_splits(counted.facts(told), moved)[0].message


def _counted(parted: list[object]) -> SplitCounting:
    counting = SplitCounting()
    for row in parted:
        counting.add_row(row)  # type: ignore[arg-type]
    return counting
