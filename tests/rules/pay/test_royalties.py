"""Royalties: a use makes a pool, and the pool reaches people without losing a unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS
from fairhand.pay.royalties.rules import (
    Contribution,
    SplitKey,
    Terms,
    check_terms,
    check_usage,
    divide,
    pool_micros,
    terms_in_force,
)


def terms(
    split: dict[SplitKey, int] | None = None, *, floor: int = 0, version: int = 1, start: int = 0
) -> Terms:
    return Terms(
        version=version,
        share_permille=150,
        training_run_minor=5_000,
        voice_minute_minor=3,
        yearly_floor_minor=floor,
        split=split or {"seconds": 600, "equal": 400},
        valid_from=Instant(start),
    )


PEOPLE = st.lists(
    st.builds(
        Contribution,
        person_id=st.integers(1, 10**6),
        seconds=st.integers(0, 10**10),
        value=st.integers(-(10**6), 10**6),
        is_granted=st.booleans(),
        this_year_micros=st.integers(0, 10**9),
    ),
    max_size=30,
    unique_by=lambda one: one.person_id,
)
SPLITS = st.tuples(st.integers(0, 200), st.integers(0, 800)).map(
    lambda parts: {"value": parts[0], "equal": parts[1], "seconds": 1000 - sum(parts)}
)


@given(pool=st.integers(0, 10**15), people=PEOPLE, split=SPLITS)
def test_a_pool_is_given_whole_or_held_whole(
    pool: int, people: list[Contribution], split: dict[SplitKey, int]
) -> None:
    found = divide(pool, terms(split), people)
    assert sum(share.amount_micros for share in found.shares) + found.held_micros == pool
    assert all(share.amount_micros == sum(share.why.values()) for share in found.shares)


@given(pool=st.integers(0, 10**15), people=PEOPLE, split=SPLITS)
def test_nobody_whose_grant_has_ended_gets_a_share(
    pool: int, people: list[Contribution], split: dict[SplitKey, int]
) -> None:
    found = divide(pool, terms(split, floor=100), people)
    assert {share.person_id for share in found.shares} == {
        one.person_id for one in people if one.is_granted
    }


@given(pool=st.integers(0, 10**15), people=PEOPLE, split=SPLITS, order=st.randoms())
def test_the_order_of_people_changes_nothing(
    pool: int, people: list[Contribution], split: dict[SplitKey, int], order: object
) -> None:
    shuffled = list(people)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands a Random
    assert divide(pool, terms(split), shuffled) == divide(pool, terms(split), people)


@given(pool=st.integers(0, 10**12), people=PEOPLE, floor=st.integers(0, 10**6))
def test_everybody_reaches_the_yearly_floor_and_nobody_pays_for_it(
    pool: int, people: list[Contribution], floor: int
) -> None:
    plain = {share.person_id: share for share in divide(pool, terms(), people).shares}
    before = {one.person_id: one.this_year_micros for one in people}
    for share in divide(pool, terms(floor=floor), people).shares:
        assert share.amount_micros >= plain[share.person_id].amount_micros
        assert share.amount_micros + before[share.person_id] >= floor * MICROS


def test_value_decides_a_fifth_at_most() -> None:
    rare = Contribution(1, seconds=0, value=10**9)
    common = Contribution(2, seconds=3_600_000, value=1)
    found = divide(1_000_000, terms({"seconds": 800, "value": 200}), [rare, common])
    assert {share.person_id: share.amount_micros for share in found.shares} == {
        1: 200_000,
        2: 800_000,
    }
    too_much = check_terms(terms({"seconds": 799, "value": 201}))
    assert [issue.place for issue in too_much] == ["split"]


def test_a_key_that_says_nothing_leaves_its_part_to_the_others() -> None:
    people = [Contribution(1, seconds=1), Contribution(2, seconds=3)]
    found = divide(4_000, terms({"seconds": 800, "value": 200}), people)
    assert [share.amount_micros for share in found.shares] == [1_000, 3_000]


def test_with_no_seconds_and_no_value_everybody_gets_the_same() -> None:
    people = [Contribution(1, seconds=0), Contribution(2, seconds=0)]
    found = divide(10, terms({"seconds": 1000}), people)
    assert [share.amount_micros for share in found.shares] == [5, 5]


def test_each_kind_of_use_makes_its_pool() -> None:
    assert pool_micros(terms(), "licence", 1, 100_000) == 15_000 * MICROS
    assert pool_micros(terms(), "training_run", 3, 0) == 15_000 * MICROS
    assert pool_micros(terms(), "voice_minutes", 120, 0) == 360 * MICROS


def test_the_newest_terms_that_have_begun_hold() -> None:
    first, second, later = terms(), terms(version=2, start=10), terms(version=3, start=20)
    assert terms_in_force([first, second, later], Instant(15)) == second
    assert terms_in_force([second], Instant(5)) is None


@pytest.mark.parametrize("split", [{"seconds": 999}, {"seconds": 1001, "equal": -1}, {}])
def test_parts_that_do_not_make_a_whole_are_refused(split: dict[SplitKey, int]) -> None:
    made = Terms(1, 150, 0, 0, 0, split, Instant(0))
    assert [issue.place for issue in check_terms(made)] == ["split"]


@pytest.mark.parametrize(
    ("kind", "quantity", "revenue", "place"),
    [
        ("licence", 1, 0, "revenue"),
        ("training_run", 1, 5, "revenue"),
        ("training_run", 0, 0, "quantity"),
        ("licence", 1, 10**13, "revenue"),
    ],
)
def test_a_use_that_cannot_be_is_refused(
    kind: str, quantity: int, revenue: int, place: str
) -> None:
    assert [issue.place for issue in check_usage(kind, quantity, revenue)] == [place]
