"""Nobody below the floor: exact, and without showing anybody."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import HOUR_MS
from fairhand.core.money import MICROS
from fairhand.pay.books.floor_proof import FlooredPay, prove, shown, spread

FLOOR = 1271


def row(person: int, got_micros: int, project: int = 1, hours: int = 1) -> FlooredPay:
    ms = hours * HOUR_MS
    return FlooredPay(person, project, "GBP", False, got_micros, FLOOR * ms, ms, 0)


def test_exactly_the_floor_is_a_ratio_of_one_and_one_micro_less_is_below() -> None:
    people = [row(number, FLOOR * MICROS) for number in range(12)]
    proof = prove(7, people)
    assert proof.holds
    assert (proof.everybody.smallest, proof.everybody.below) == (Fraction(1), 0)
    proof = prove(7, [*people[1:], row(0, FLOOR * MICROS - 1)])
    assert not proof.holds
    assert proof.everybody.below == 1
    assert shown(proof.everybody.smallest) == "0.9999"


def test_a_project_cannot_hide_pay_below_the_floor_behind_anothers() -> None:
    rows = [row(1, 2 * FLOOR * MICROS, project=1), row(1, FLOOR * MICROS - 1, project=2)]
    proof = prove(7, rows)
    assert proof.everybody.below == 0
    assert not proof.holds


def test_figures_of_fewer_than_ten_people_are_not_shown() -> None:
    proof = prove(7, [row(number, FLOOR * MICROS) for number in range(9)])
    assert proof.holds
    assert proof.everybody.people == 9
    assert not proof.everybody.is_shown
    assert shown(proof.everybody.median) == "–"


def test_work_without_a_floor_proves_nothing() -> None:
    proof = prove(7, [FlooredPay(1, 1, "GBP", False, 0, 0, 500, 500)])
    assert (proof.unfloored_people, proof.unfloored_ms, proof.holds) == (1, 500, False)


@given(st.lists(st.fractions(min_value=0, max_value=5), min_size=10, max_size=60))
def test_the_figures_are_values_that_are_there_and_in_order(ratios: list[Fraction]) -> None:
    found = spread(ratios)
    assert found.smallest is not None
    assert found.tenth is not None
    assert found.median is not None
    assert found.smallest == min(ratios)
    assert found.smallest <= found.tenth <= found.median
    assert sum(1 for one in ratios if one <= found.tenth) >= len(ratios) / 10
    assert Fraction(shown(found.median)) <= found.median
