"""Statements: every line can be recomputed, and the hash names exactly these words."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import HOUR_MS, MINUTE_MS, Instant, parse_iso
from fairhand.core.money import MICROS, Money, micros_for
from fairhand.pay.floors.reader import read_floor_rows
from fairhand.pay.floors.rules import Floor, floor_for
from fairhand.pay.floors.shipped import shipped_floors
from fairhand.pay.statement.rules import (
    Carried,
    Earned,
    Payee,
    Period,
    Statement,
    build_statement,
    exact_amount,
)

MORNING = parse_iso("2026-11-21T09:30:00Z")
PERIOD = Period(4, parse_iso("2026-11-01T00:00:00Z"), parse_iso("2026-12-01T00:00:00Z"))
AMINA = Payee(7, "GB", "", False)
RATE = 1_200_000_000


def british_floor() -> Floor:
    found = floor_for(read_floor_rows(shipped_floors()).rows, "GB", "", MORNING)
    assert found is not None
    return found


def hour(entry_id: int = 1, minutes: int = 60, floor: Floor | None = None) -> Earned:
    paid_ms = minutes * MINUTE_MS
    return Earned(
        entry_id=entry_id,
        project_id=3,
        project_title="Digits",
        activity="annotate",
        started_at=MORNING,
        ended_at=Instant(MORNING + paid_ms),
        paid_ms=paid_ms,
        rate_micros_per_hour=RATE,
        currency="GBP",
        amount_micros=micros_for(RATE, paid_ms),
        floor=floor or british_floor(),
    )


def build(
    *earned: Earned,
    entries: dict[int, tuple[int, int]] | None = None,
    before: Carried | None = None,
) -> Statement:
    return build_statement(PERIOD, AMINA, "GBP", earned, entries or {}, before or Carried())


def test_a_statement_shows_time_rate_floor_formula_source_and_sums() -> None:
    made = build(hour(1), hour(2, 30), entries={3: (9, 107)})
    assert made.sha256 == hashlib.sha256(made.body.encode()).hexdigest()
    said = json.loads(made.body)
    time_line, top_up_line = said["lines"]
    assert (time_line["paid_ms"], time_line["rate_per_hour"]) == (90 * MINUTE_MS, "12.00")
    assert time_line["amount"] == "18.00"
    assert (time_line["ledger"]["entries"], time_line["ledger"]["last"]) == (2, 2)
    assert top_up_line["amount"] == "1.07"
    assert said["floor"]["floors"][0]["source_title"].startswith("SI 2026/357")
    assert Fraction(said["floor"]["projects"][0]["due_minor_units"]) == Fraction(1271 * 3, 2)
    assert said["totals"]["to_pay"] == "19.07"
    assert made.totals.floor_due_micros == 1_906_500_000


def test_what_is_less_than_a_minor_unit_is_carried_to_the_next_statement() -> None:
    penny_and_a_half = replace(hour(), amount_micros=1_276_500_000)
    first = build(penny_and_a_half)
    assert (first.totals.to_pay, first.totals.carry_micros) == (Money(1276, "GBP"), 500_000)
    carried = Carried(first.totals.carry_micros, first.sha256)
    second = build(penny_and_a_half, before=carried)
    assert (second.totals.to_pay, second.totals.carry_micros) == (Money(1277, "GBP"), 0)
    assert json.loads(second.body)["previous_sha256"] == first.sha256


def test_a_top_up_that_the_formula_does_not_give_is_refused() -> None:
    with pytest.raises(ValueError, match="not what the formula gives"):
        build(hour(), entries={3: (9, 70)})
    with pytest.raises(ValueError, match="not what the formula gives"):
        build(hour())


def test_work_without_a_comparable_floor_is_said_to_be_so() -> None:
    unfloored = replace(hour(), floor=None)
    made = build(unfloored)
    assert made.totals.floor_due_micros is None
    assert json.loads(made.body)["floor"]["paid_ms_without_floor"] == HOUR_MS


def test_earnings_that_came_late_are_a_line_of_their_own() -> None:
    late = replace(
        hour(2),
        amount_micros=1271 * MICROS,
        started_at=parse_iso("2026-10-31T22:00:00Z"),
        ended_at=parse_iso("2026-10-31T23:00:00Z"),
    )
    made = build(hour(1), late, entries={3: (9, 71)})
    assert [line.get("late_from_earlier_period") for line in json.loads(made.body)["lines"]] == [
        False,
        True,
        None,
    ]


def test_the_same_earnings_give_the_same_bytes_in_any_order() -> None:
    one, two = hour(1), hour(2, 30)
    entries = {3: (9, 107)}
    assert build(one, two, entries=entries) == build(two, one, entries=entries)


@given(st.integers(-(10**18), 10**18), st.sampled_from(["EUR", "TND", "JPY", "KES"]))
def test_amounts_are_written_exactly(micros: int, currency: str) -> None:
    text = exact_amount(micros, currency)
    digits = {"JPY": 0, "TND": 3}.get(currency, 2)
    assert Fraction(text) == Fraction(micros, MICROS * 10**digits)
    assert len(text.partition(".")[2]) >= digits
