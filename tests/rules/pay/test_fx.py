"""Exchange rates: the right day, both directions, one named cross, and never below the floor."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, Instant, parse_iso
from fairhand.core.money import exponent
from fairhand.pay.fx.reader import ECB_TITLE, read_rates
from fairhand.pay.fx.rules import STALE_DAYS, Rate, convert_floor, rate_at, rate_text

NOON = parse_iso("2026-11-20T12:00:00Z")
HEAD = "base,quote,rate,as_of,source_title,source_url\n"
CURRENCIES = st.sampled_from(["EUR", "GBP", "KES", "TND", "JPY", "USD", "CLF"])


def rate(base: str, quote: str, value: str, day: str, title: str = "Central bank") -> Rate:
    return Rate(base, quote, Fraction(value), date.fromisoformat(day), title)


def test_the_latest_rate_whose_day_has_come_holds() -> None:
    rates = [
        rate("EUR", "KES", "149", "2026-11-21"),
        rate("EUR", "KES", "150", "2026-11-19"),
        rate("EUR", "KES", "151", "2026-11-12"),
    ]
    found = rate_at(rates, "EUR", "KES", NOON)
    assert found is not None
    assert (found.as_of, found.age_days) == (date(2026, 11, 19), 1)
    assert found.value == 150
    assert rate_at(rates, "EUR", "KES", Instant(NOON + DAY_MS)).value == 149  # type: ignore[union-attr]
    assert rate_at(rates, "EUR", "KES", parse_iso("2026-11-11T23:59:59Z")) is None


def test_of_one_day_the_rate_that_was_recorded_last_holds() -> None:
    wrong, corrected = (
        rate("EUR", "KES", "15", "2026-11-19"),
        rate("EUR", "KES", "150", "2026-11-19"),
    )
    found = rate_at([wrong, corrected], "EUR", "KES", NOON)
    assert found is not None
    assert found.value == 150


def test_a_rate_serves_in_the_other_direction_and_a_newer_one_wins_over_a_straight_one() -> None:
    straight, inverse = (
        rate("KES", "GBP", "0.006", "2026-11-01"),
        rate("GBP", "KES", "160", "2026-11-18"),
    )
    found = rate_at([straight, inverse], "KES", "GBP", NOON)
    assert found is not None
    assert (found.value, found.via, found.made_of) == (Fraction(1, 160), "", (inverse,))
    tie = rate("KES", "GBP", "0.0061", "2026-11-18")
    assert rate_at([tie, inverse], "KES", "GBP", NOON).value == Fraction("0.0061")  # type: ignore[union-attr]


def test_a_cross_goes_through_one_named_currency_and_says_so() -> None:
    rates = [
        rate("EUR", "KES", "150", "2026-11-10"),
        rate("EUR", "GBP", "0.88", "2026-11-19", "ECB"),
    ]
    found = rate_at(rates, "KES", "GBP", NOON)
    assert found is not None
    assert (found.value, found.via) == (Fraction("0.88") / 150, "EUR")
    assert found.as_of == date(2026, 11, 10), "a cross is as old as the older of its rates"
    assert found.source_title == "Central bank and ECB, crossed through EUR"
    assert rate_at(rates, "KES", "GBP", NOON, via="USD") is None
    longer_way = [rate("EUR", "USD", "1.1", "2026-11-19"), rate("USD", "KES", "130", "2026-11-19")]
    assert rate_at(longer_way, "KES", "GBP", NOON) is None, "never through two currencies"


def test_a_rate_older_than_a_month_holds_with_a_warning() -> None:
    rates = [rate("EUR", "KES", "150", "2026-11-20")]
    fresh = rate_at(rates, "EUR", "KES", Instant(NOON + STALE_DAYS * DAY_MS))
    stale = rate_at(rates, "EUR", "KES", Instant(NOON + (STALE_DAYS + 1) * DAY_MS))
    assert fresh is not None
    assert stale is not None
    assert fresh.issues == ()
    assert stale.value == 150
    assert [issue.severity for issue in stale.issues] == ["warning"]
    assert "32 days old" in stale.issues[0].message


def test_a_currency_in_itself_is_one() -> None:
    found = rate_at([], "KES", "KES", NOON)
    assert found is not None
    assert found.value == 1
    assert (found.is_stale, found.source_title, found.source_url) == (False, "", "")


@pytest.mark.parametrize(
    ("minor", "base", "quote", "value", "expected"),
    [
        (16_134, "KES", "GBP", "0.0059", 96),  # KES 161.34 an hour is GBP 0.951906
        (2_667, "TND", "EUR", "0.2966", 80),  # three digits to two: EUR 0.7910322
        (1_271, "GBP", "JPY", "200.5", 2_549),  # two digits to none: JPY 2,548.355
        (1_055, "JPY", "TND", "0.02", 21_100),  # none to three, exactly
        (1_271, "GBP", "GBP", "1", 1_271),
    ],
)
def test_a_floor_is_turned_in_exact_fractions_and_rounded_up(
    minor: int, base: str, quote: str, value: str, expected: int
) -> None:
    assert convert_floor(minor, base, quote, Fraction(value)) == expected


@given(
    minor=st.integers(1, 10**9),
    base=CURRENCIES,
    quote=CURRENCIES,
    value=st.fractions(Fraction(1, 10**6), 10**6, max_denominator=10**6),
)
def test_a_floor_in_another_currency_is_never_below_itself_and_less_than_one_unit_above(
    minor: int, base: str, quote: str, value: Fraction
) -> None:
    exact = Fraction(minor, 10 ** exponent(base)) * value * 10 ** exponent(quote)
    assert 0 <= convert_floor(minor, base, quote, value) - exact < 1


@given(minor=st.integers(1, 10**9), value=st.fractions(Fraction(1, 10**4), 10**4))
def test_there_and_back_again_never_loses_a_unit(minor: int, value: Fraction) -> None:
    there = convert_floor(minor, "GBP", "KES", value)
    assert convert_floor(there, "KES", "GBP", 1 / value) >= minor


def test_a_rate_of_nothing_turns_no_floor() -> None:
    with pytest.raises(ValueError, match="turns no floor"):
        convert_floor(1, "EUR", "KES", Fraction(0))


def test_our_own_csv_is_read_with_its_sources() -> None:
    text = HEAD + "EUR,KES,149.8,2026-11-20,Central Bank of Kenya,https://www.centralbank.go.ke/\n"
    read = read_rates(b"\xef\xbb\xbf" + text.encode())
    assert read.issues == ()
    (one,) = read.rates
    assert one.rate == Rate(
        "EUR",
        "KES",
        Fraction("149.8"),
        date(2026, 11, 20),
        "Central Bank of Kenya",
        "https://www.centralbank.go.ke/",
    )
    assert one.written == "149.8"


def test_columns_may_stand_in_any_order_and_the_address_may_be_left_out() -> None:
    read = read_rates(b"as_of,rate,quote,base,source_title\n2026-11-20,149.8,KES,EUR,CBK\n")
    assert read.rates[0].rate.value == Fraction("149.8")
    assert read.rates[0].rate.source_url == ""


@pytest.mark.parametrize(
    "text",
    [
        "Date, USD, JPY, KES, \n20 November 2026, 1.1572, 178.93, N/A, \n",
        "Date,USD,JPY,KES,\n2026-11-20,1.1572,178.93,N/A,\n",
    ],
    ids=["of one day", "of many days"],
)
def test_the_central_banks_table_is_read(text: str) -> None:
    read = read_rates(text.encode())
    assert read.issues == ()
    assert [(one.rate.base, one.rate.quote, one.written) for one in read.rates] == [
        ("EUR", "USD", "1.1572"),
        ("EUR", "JPY", "178.93"),
    ]
    assert {one.rate.as_of for one in read.rates} == {date(2026, 11, 20)}
    assert {one.rate.source_title for one in read.rates} == {ECB_TITLE}


def test_the_central_banks_xml_is_read() -> None:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><g:Envelope xmlns:g="urn:g" xmlns="urn:x"><Cube>'
        '<Cube time="2026-11-20"><Cube currency="USD" rate="1.1572"/></Cube>'
        '<Cube time="2026-11-19"><Cube currency="USD" rate="1.1590"/>'
        '<Cube currency="JPY" rate="-1"/></Cube></Cube></g:Envelope>'
    )
    read = read_rates(text.encode())
    assert [(one.rate.as_of, one.written) for one in read.rates] == [
        (date(2026, 11, 20), "1.1572"),
        (date(2026, 11, 19), "1.1590"),
    ]
    assert [issue.place for issue in read.issues] == ["day 2026-11-19, rate"]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("EURO,KES,149.8,2026-11-20,CBK,", "base"),
        ("EUR,kes,149.8,2026-11-20,CBK,", "quote"),
        ("EUR,EUR,1,2026-11-20,CBK,", "quote"),
        ("EUR,KES,0,2026-11-20,CBK,", "rate"),
        ("EUR,KES,-3,2026-11-20,CBK,", "rate"),
        ("EUR,KES,NaN,2026-11-20,CBK,", "rate"),
        ("EUR,KES,1e5,2026-11-20,CBK,", "rate"),
        ("EUR,KES,٣,2026-11-20,CBK,", "rate"),
        ("EUR,KES," + "9" * 13 + ",2026-11-20,CBK,", "rate"),
        ("EUR,KES,149.8,20.11.2026,CBK,", "as_of"),
        ("EUR,KES,149.8,2026-02-30,CBK,", "as_of"),
        ("EUR,KES,149.8,2026-11-20,,", "source_title"),
        ("EUR,KES,149.8,2026-11-20," + "x" * 301 + ",", "source_title"),
        ("EUR,KES,149.8,2026-11-20,CBK,javascript:alert(1)", "source_url"),
    ],
)
def test_a_bad_cell_is_reported_by_line_and_column_and_the_rest_is_kept(
    cells: str, column: str
) -> None:
    read = read_rates((HEAD + cells + "\nEUR,USD,1.15,2026-11-20,ECB,\n").encode())
    assert [one.rate.quote for one in read.rates] == ["USD"]
    assert [issue.place for issue in read.issues] == [f"line 2, {column}"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Columns missing"),
        (b"base,quote\nEUR,KES\n", "Columns missing"),
        (HEAD.encode(), "no rate in this file"),
        (HEAD.encode() + b"EUR,KES\n", "does not have 6 cells"),
        (HEAD.encode() + b'"EUR', "not CSV"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"base\x00", "character that is none"),
        (b"<Cube", "XML cannot be read"),
        (b"<Cube/>", "no rate in this file"),
        (b'<!DOCTYPE c [<!ENTITY a "b">]><c>&a;</c>', "XML cannot be read"),
        (b"Date,USD\nyesterday,1.15\n", "does not begin with a day"),
    ],
    ids=repr,
)
def test_a_file_that_is_none_is_refused_in_words(data: bytes, message: str) -> None:
    read = read_rates(data)
    assert read.rates == ()
    assert message in read.issues[0].message


@given(st.binary(max_size=200))
def test_no_file_makes_the_reader_fall_over(data: bytes) -> None:
    read_rates(data)
    read_rates(HEAD.encode() + data)


@given(st.fractions(Fraction(1, 10**9), 10**9).filter(lambda value: value > 0))
def test_a_rate_is_shown_as_a_plain_number(value: Fraction) -> None:
    shown = rate_text(value)
    assert "e" not in shown
    assert abs(float(shown) - float(value)) <= float(value) * 1e-4 + 1e-6


def test_a_year_of_rates_is_searched_by_day() -> None:
    first = date(2026, 1, 1)
    days = [first + timedelta(days=at) for at in range(300)]
    rates = [Rate("EUR", "USD", Fraction(100 + at, 100), day, "ECB") for at, day in enumerate(days)]
    found = rate_at(rates, "EUR", "USD", parse_iso("2026-04-11T00:00:00Z"))
    assert found is not None
    assert found.value == Fraction(200, 100)
