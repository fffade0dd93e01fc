"""Evaluation is drawn from what people answered by themselves, as far as there is enough of it."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.proof.release.split_own import keep_own, own_tasks, own_words, part_own
from fairhand.proof.release.splits import SplitPlan, Unit, assign_units

PLAN = SplitPlan({"train": 0.8, "validation": 0.1, "test": 0.1})


def units(count: int) -> list[Unit]:
    return [Unit((task,), moment=task) for task in range(1, count + 1)]


def test_people_alone_are_parted_as_ever() -> None:
    given = units(100)
    assert part_own(given, frozenset(range(1, 101)), PLAN).split_of == assign_units(given, PLAN)


def test_shares_are_kept_where_people_alone_gave_enough() -> None:
    found = part_own(units(1000), frozenset(range(1, 301)), PLAN)
    held = {task for task, name in found.split_of.items() if name != "train"}
    assert held <= set(range(1, 301))
    assert Counter(found.split_of.values()) == {"train": 800, "validation": 100, "test": 100}
    assert 0 < found.kept_out < 200


def test_some_of_people_alone_are_learned_from_where_there_are_few() -> None:
    found = part_own(units(1000), frozenset(range(1, 101)), PLAN)
    assert Counter(found.split_of.values()) == {"train": 920, "validation": 40, "test": 40}


def test_what_is_nearly_the_same_goes_together() -> None:
    pair = [Unit((1, 2)), *units(50)[2:]]
    found = part_own(pair, frozenset(range(2, 51)), PLAN).split_of
    assert found[1] == found[2] == "train"


def test_without_a_split_for_training_or_without_people_nothing_changes() -> None:
    given = units(40)
    halves = SplitPlan({"a": 0.5, "b": 0.5})
    assert part_own(given, frozenset({1, 2}), halves).split_of == assign_units(given, halves)
    assert part_own(given, frozenset(), PLAN).split_of == assign_units(given, PLAN)


def test_by_time_what_a_model_had_a_hand_in_is_on_no_side() -> None:
    plan = SplitPlan({"train": 0.8, "test": 0.2}, by="time")
    usual = assign_units(units(10), plan)
    found = keep_own(usual, frozenset({1, 10}), plan)
    assert (found.split_of[9], found.split_of[10], found.kept_out) == (None, "test", 1)
    assert keep_own(usual, frozenset({1}), plan).split_of == usual


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=10, max_size=80), st.integers(0, 5))
def test_no_evaluation_holds_what_a_model_had_a_hand_in(are_own: list[bool], seed: int) -> None:
    given = units(len(are_own))
    tasks = [unit.tasks[0] for unit in given]
    own = own_tasks(tasks, are_own)
    plan = SplitPlan(PLAN.shares, seed=seed)
    found = part_own(given, own, plan)
    assert found.split_of.keys() == set(tasks)
    if found.split_of != assign_units(given, plan):
        assert own >= {task for task, name in found.split_of.items() if name != "train"}


def test_what_was_kept_out_is_said() -> None:
    assert own_words(0) == ""
    assert own_words(1) == "1 task that a model had a hand in stayed out of evaluation."
