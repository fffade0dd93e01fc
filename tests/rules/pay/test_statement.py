"""Statements: every line can be recomputed, and the hash names exactly these words."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import HOUR_MS, MINUTE_MS, Instant, parse_iso
from fairhand.core.money import MICROS, Money, micros_for
from fairhand.pay.floors.reader import read_floor_rows
from fairhand.pay.floors.rules import Held
from fairhand.pay.floors.shipped import shipped_floors
from fairhand.pay.fx.rules import NO_RATES, Rate, RateBook, rate_book
from fairhand.pay.statement.document import Statement, build_statement, canonical, exact_rate
from fairhand.pay.statement.held import FloorsOfPlace
from fairhand.pay.statement.rules import (
    Carried,
    Corrects,
    Earned,
    HeldFloor,
    Line,
    Payee,
    Period,
    exact_amount,
    gather,
)
from fairhand.pay.statement.settling import Terms, make_plan

MORNING = parse_iso("2026-11-21T09:30:00Z")
PERIOD = Period(4, parse_iso("2026-11-01T00:00:00Z"), parse_iso("2026-12-01T00:00:00Z"))
AMINA = Payee(7, "GB", "", False)
RATE = 1_200_000_000
TITLES = {3: "Digits"}
ROWS = read_floor_rows(shipped_floors()).rows


def british_floors(rates: RateBook = NO_RATES) -> FloorsOfPlace:
    return FloorsOfPlace(ROWS, "GB", "", rates)


def hour(entry_id: int = 1, minutes: int = 60) -> Earned:
    paid_ms = minutes * MINUTE_MS
    return Earned(
        person_id=AMINA.person_id,
        entry_id=entry_id,
        project_id=3,
        activity="annotate",
        basis="time",
        started_at=MORNING,
        ended_at=Instant(MORNING + paid_ms),
        paid_ms=paid_ms,
        rate_micros_per_hour=RATE,
        currency="GBP",
        amount_micros=micros_for(RATE, paid_ms),
    )


def lines_of(*earned: Earned) -> list[Line]:
    return gather(earned, british_floors(), PERIOD)


def build(
    *earned: Earned,
    entries: dict[int, tuple[int, int]] | None = None,
    before: Carried | None = None,
    lines: list[Line] | None = None,
) -> Statement:
    return build_statement(
        PERIOD,
        AMINA,
        "GBP",
        lines_of(*earned) if lines is None else lines,
        TITLES,
        entries or {},
        before or Carried(),
    )


def test_a_statement_shows_time_rate_floor_formula_source_and_sums() -> None:
    made = build(hour(1), hour(2, 30), entries={3: (9, 107)})
    assert made.sha256 == hashlib.sha256(made.body.encode()).hexdigest()
    said = json.loads(made.body)
    assert said["format"] == "fairhand-statement/v2"
    time_line, top_up_line = said["lines"]
    assert [time_line["n"], top_up_line["n"]] == [1, 2]
    assert (time_line["kind"], time_line["floor_per_hour"]) == ("time", "12.71")
    assert (time_line["counts_for_floor"], top_up_line["counts_for_floor"]) == (True, False)
    assert (time_line["paid_ms"], time_line["rate_per_hour"]) == (90 * MINUTE_MS, "12.00")
    assert time_line["amount"] == "18.00"
    assert (time_line["ledger"]["entries"], time_line["ledger"]["last"]) == (2, 2)
    assert top_up_line["amount"] == "1.07"
    assert said["floor"]["floors"][0]["source_title"].startswith("SI 2026/357")
    assert Fraction(said["floor"]["projects"][0]["due_minor_units"]) == Fraction(1271 * 3, 2)
    assert said["totals"]["to_pay"] == "19.07"
    assert made.totals.floor_due_micros == 1_906_500_000


def test_what_is_less_than_a_minor_unit_is_carried_to_the_next_statement() -> None:
    penny_and_a_half = hour()._replace(amount_micros=1_276_500_000)
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
    made = build(lines=gather([hour()], lambda _: None, PERIOD))
    assert made.totals.floor_due_micros is None
    assert json.loads(made.body)["floor"]["paid_ms_without_floor"] == HOUR_MS


def test_earnings_that_came_late_are_a_line_of_their_own() -> None:
    late = hour(2)._replace(
        amount_micros=1271 * MICROS,
        started_at=parse_iso("2026-10-31T22:00:00Z"),
        ended_at=parse_iso("2026-10-31T23:00:00Z"),
    )
    made = build(hour(1), late, entries={3: (9, 71)})
    assert [line["late_from_earlier_period"] for line in json.loads(made.body)["lines"]] == [
        False,
        True,
        False,
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


words = st.text(st.characters(exclude_categories=["Cs"]))
documents = st.dictionaries(
    st.text("abcxyz_0123456789", max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words,
        lambda inner: st.lists(inner) | st.dictionaries(st.text("ab_z"), inner),
        max_leaves=20,
    ),
)


@given(documents)
def test_the_quick_writer_gives_the_bytes_of_the_standard(document: dict[str, Any]) -> None:
    assert canonical(document) == rfc8785.dumps(document)


def test_a_rate_is_written_exactly() -> None:
    assert [exact_rate(Fraction(text)) for text in ("1", "162.05", "1/8", "1/3", "7/6")] == [
        "1",
        "162.05",
        "0.125",
        "1/3",
        "7/6",
    ]


def with_basis(basis: str, entry_id: int, micros: int, paid_ms: int = 0) -> Earned:
    rate = RATE if paid_ms else 0
    return hour(entry_id)._replace(
        basis=basis,
        paid_ms=paid_ms,
        rate_micros_per_hour=rate,
        amount_micros=micros,
        why=f"Why there is {basis}.",
    )


def test_what_comes_on_top_is_said_by_kind_and_never_helps_to_reach_the_floor() -> None:
    on_top = {"premium": 100, "overtime": 200, "expense": 30, "royalty": 4, "block": 5000}
    earned = [
        hour(1),
        *(with_basis(kind, 10 + n, m * MICROS) for n, (kind, m) in enumerate(on_top.items())),
    ]
    made = build(*earned, entries={3: (99, 71)})
    said = json.loads(made.body)
    assert said["totals"] == {
        "paid_ms": HOUR_MS,
        "base": "62.00",
        "premiums": "3.00",
        "expenses": "0.30",
        "royalties": "0.04",
        "corrections": "0.00",
        "top_up": "0.71",
        "gross": "66.05",
        "carried_in": "0.00",
        "to_pay": "66.05",
        "carried_out": "0.00",
    }
    assert [line["kind"] for line in said["lines"]] == [
        "time",
        "block",
        "premium",
        "overtime",
        "expense",
        "royalty",
        "top_up",
    ]
    assert [line["counts_for_floor"] for line in said["lines"]] == [True] + 6 * [False]
    assert said["lines"][2]["why"] == "Why there is premium."
    assert said["floor"]["projects"][0]["accrued"] == "12.00"


def test_a_correction_names_what_it_puts_right() -> None:
    corrects = Corrects(dispute=8, statement_sha256="ab" * 32, line=2)
    more = with_basis("correction", 5, 20 * MICROS, 60_000)._replace(corrects=corrects)
    made = build(hour(1), more, entries={3: (9, 73)})
    line = json.loads(made.body)["lines"][1]
    assert line["corrects"] == {"statement_sha256": "ab" * 32, "line": 2, "dispute": 8}
    assert line["counts_for_floor"] is True
    assert json.loads(made.body)["totals"]["corrections"] == "0.20"


def test_pieces_are_lifted_to_the_hourly_guarantee_even_where_no_floor_is_known() -> None:
    pieces = hour()._replace(
        basis="piece", amount_micros=900 * MICROS, quantity=90, unit_micros=10 * MICROS
    )
    lines = gather([pieces], lambda _: None, PERIOD)
    made = build(lines=lines, entries={3: (9, 300)})
    said = json.loads(made.body)
    assert (said["lines"][0]["quantity"], said["lines"][0]["unit_amount"]) == (90, "0.10")
    assert said["floor"]["projects"][0]["due_minor_units"] == "1200/1"
    assert said["floor"]["paid_ms_without_floor"] == HOUR_MS
    assert made.totals.floor_due_micros is None


def rates(*values: tuple[str, str]) -> RateBook:
    return rate_book(
        Rate("GBP", "KES", Fraction(value), date.fromisoformat(day), "a bank")
        for day, value in values
    )


def test_a_floor_is_turned_upwards_at_the_highest_rate_of_the_days_worked() -> None:
    days = rates(("2026-11-20", "170.003"), ("2026-11-22", "169"))
    floors = british_floors(days)
    first = hour(1)._replace(currency="KES")
    later = first._replace(
        entry_id=2,
        started_at=parse_iso("2026-11-23T09:00:00Z"),
        ended_at=parse_iso("2026-11-23T10:00:00Z"),
    )
    (line,) = gather([first, later], floors, PERIOD)
    assert line.floor is not None
    assert line.floor.minor_per_hour == 216_074  # 1271 * 170.003 = 216 073.813
    made = build_statement(
        PERIOD, AMINA, "KES", [line], TITLES, {3: (9, 2 * 216_074 - 2 * 1_200)}, Carried()
    )
    (floor,) = json.loads(made.body)["floor"]["floors"]
    assert (floor["per_hour"], floor["currency"]) == ("12.71", "GBP")
    assert floor["in_currency"] == {
        "per_hour": "2160.74",
        "rate": "170.003",
        "as_of": "2026-11-20",
        "source_title": "a bank",
    }


def test_without_a_rate_a_floor_in_another_currency_is_none_and_the_statement_says_so() -> None:
    (line,) = gather([hour(1)._replace(currency="KES")], british_floors(), PERIOD)
    assert line.floor is None


def plan_floor(held: Held | None) -> tuple[HeldFloor | None, int]:
    kept = {} if held is None else {(3, "GBP"): held}
    plan = make_plan(PERIOD, AMINA, [hour()], (), kept, Terms(ROWS))
    return plan.lines[0].floor, plan.top_ups["GBP"][3]


def test_a_floor_never_falls_for_whoever_had_a_higher_one() -> None:
    now, owed = plan_floor(None)
    assert now is not None
    assert owed == 71
    assert plan_floor(Held(1_270, "old", MORNING)) == (now, 71)
    before, owed = plan_floor(Held(1_400, "old", MORNING))
    assert before is not None
    assert (before.minor_per_hour, before.row, owed) == (1_400, "old", 200)
