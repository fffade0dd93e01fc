"""Marks name whoever leaked, alone or with another, and next to never somebody innocent."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.proof.licensing.marks import (
    ALARM,
    Markable,
    choose_marks,
    choose_pairs,
    pairs_needed,
    suspect,
    tail,
)

PAIRS = list(range(100))
TEN = list(range(1, 11))


def markable(number: int, person: int = 1, grant: int = 1, size: float = 100.0) -> Markable:
    return Markable(number, person, grant, "voice", "audio/wav", size)


def test_a_whole_leak_names_its_recipient_alone(rng: Random) -> None:
    marks = choose_marks(PAIRS, TEN, rng)

    ranked = suspect(marks, marks[7])

    assert ranked[0].recipient == 7
    assert [one.recipient for one in ranked if one.is_named] == [7]
    assert ranked[0].alarm == pytest.approx(10 * 0.5**100)


def test_a_part_of_a_leak_is_enough_from_so_many_pairs_on(rng: Random) -> None:
    marks = choose_marks(PAIRS, TEN, rng)
    needed = pairs_needed(len(TEN))
    part = dict(list(marks[3].items())[:needed])
    less = dict(list(marks[3].items())[: needed - 1])

    assert needed == 15
    assert suspect(marks, part)[0].is_named
    assert not suspect(marks, less)[0].is_named


@pytest.mark.parametrize("mix", ["toss", "only what both have", "all of one, then the other"])
def test_two_who_mix_their_copies_are_both_named_and_nobody_else(rng: Random, mix: str) -> None:
    pairs = list(range(400))
    marks = choose_marks(pairs, TEN, rng)
    one, other = marks[2], marks[5]
    if mix == "toss":
        leaked = {pair: rng.choice((one, other))[pair] for pair in pairs}
    elif mix == "only what both have":
        leaked = {pair: one[pair] for pair in pairs if one[pair] == other[pair]}
    else:
        leaked = {pair: (one if pair < 200 else other)[pair] for pair in pairs}

    named = {found.recipient for found in suspect(marks, leaked) if found.is_named}

    assert named == {2, 5}


def test_nothing_leaked_names_nobody(rng: Random) -> None:
    marks = choose_marks(PAIRS, TEN, rng)

    assert all(one.alarm == 1.0 for one in suspect(marks, {}))
    assert suspect({}, {1: True}) == []


@given(st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_a_leak_that_no_recipient_made_names_nobody_but_by_chance(seen: int, seed: int) -> None:
    """What is said of the best fit is the exact tail, times the number of recipients."""
    rng = Random(seed)
    marks = choose_marks(range(seen), TEN, rng)
    best = suspect(marks, {pair: bool(rng.getrandbits(1)) for pair in range(seen)})[0]

    assert best.alone == pytest.approx(tail(best.agree, best.seen))
    assert best.alarm == min(1.0, 10 * best.alone)


@pytest.mark.parametrize(
    ("agree", "seen", "expected"),
    [(0, 0, 1.0), (0, 5, 1.0), (5, 5, 1 / 32), (8, 10, 56 / 1024), (20, 20, 2**-20)],
)
def test_the_tail_is_exact(agree: int, seen: int, expected: float) -> None:
    assert tail(agree, seen) == expected


def test_false_alarms_are_as_rare_as_they_are_said_to_be(rng: Random) -> None:
    """Of 2,000 leaks that none of ten recipients made, hardly any is laid at a door."""
    alarms = 0
    for _ in range(2_000):
        marks = choose_marks(range(40), TEN, rng)
        leaked = {pair: bool(rng.getrandbits(1)) for pair in range(40)}
        alarms += suspect(marks, leaked)[0].is_named

    assert alarms <= 6  # one is expected; seven or more come once in 10,000 runs of other dice
    assert ALARM == 5e-4


def test_pairs_are_of_one_person_under_one_grant_and_alike_in_length() -> None:
    items = [markable(number, size=100 + number % 7) for number in range(20)]
    items += [markable(100 + number, person=2, size=50) for number in range(9)]
    items += [markable(200 + number, grant=3, size=10.0 * 3**number) for number in range(10)]

    pairs = choose_pairs(items)

    by_id = {one.id: one for one in items}
    assert len(pairs) == 2  # one in ten of the first twenty; nine are too few; ten too unlike
    for one, other in pairs:
        assert by_id[one].person_id == by_id[other].person_id
        assert by_id[one].grant_id == by_id[other].grant_id
        assert by_id[other].size <= 1.25 * by_id[one].size


def test_nobody_is_in_two_pairs_and_there_are_never_too_many() -> None:
    pairs = choose_pairs([markable(number) for number in range(1_000)], most=60)

    assert len(pairs) == 60
    assert len({one for pair in pairs for one in pair}) == 120
