"""Floors: the highest approved row of a place, at its own midnight."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, Instant, parse_iso
from fairhand.core.money import Money
from fairhand.pay.floors.reader import FIELDS, read_floor_rows
from fairhand.pay.floors.rules import (
    FloorRow,
    Held,
    floor_for,
    hourly,
    in_currency,
    is_active,
    offer_issues,
    ratchet,
    row_warnings,
)
from fairhand.pay.floors.shipped import shipped_floors
from fairhand.pay.fx.rules import Rate, RateFound, rate_at

ROWS = read_floor_rows(shipped_floors()).rows
NOON = parse_iso("2026-11-21T12:00:00Z")

EXAMPLE = next(row for row in ROWS if row.id == "gb-nlw-2026-04")


def as_csv(*rows: FloorRow, **changed: str) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS)
    writer.writeheader()
    for row in rows:
        cells = {name: getattr(row, name) for name in FIELDS}
        cells["may_redistribute"] = str(row.may_redistribute).lower()
        writer.writerow({**cells, **changed})
    return out.getvalue()


def floor(country: str, at: Instant, region: str = "", rows: tuple[FloorRow, ...] = ROWS) -> str:
    found = floor_for(rows, country, region, at)
    return str(found.money) if found else "closed"


def test_the_shipped_file_has_no_issue() -> None:
    assert read_floor_rows(shipped_floors()).issues == ()


def test_only_rows_that_cite_a_law_are_active_in_the_shipped_file() -> None:
    active = [row for row in ROWS if is_active(row)]
    assert {row.country for row in active} == {"FR", "GB", "US", "TN"}
    assert {row.source_class for row in active} == {"A"}
    assert not any(row.kind == "living" for row in ROWS)


@pytest.mark.parametrize(
    ("country", "at", "expected"),
    [
        ("GB", "2026-03-31T22:59:59.999Z", "closed"),
        ("GB", "2026-03-31T23:00:00Z", "GBP 12.71"),  # British Summer Time: midnight is 23:00 UTC
        ("FR", "2026-05-31T21:59:59.999Z", "closed"),
        ("FR", "2026-05-31T22:00:00Z", "EUR 12.31"),
        ("US", "2026-11-21T12:00:00Z", "USD 7.25"),
        ("US", "2009-07-23T09:59:59.999Z", "closed"),
        ("GB", "2030-03-31T23:00:00Z", "GBP 12.71"),  # a row without an end goes on
        ("FR", "2027-01-01T00:00:00Z", "EUR 12.31"),
        ("TN", "2025-12-31T22:59:59.999Z", "closed"),
        ("TN", "2025-12-31T23:00:00Z", "TND 2.667"),
        ("TN", "2026-12-31T22:59:59.999Z", "TND 2.667"),
        ("TN", "2026-12-31T23:00:00Z", "TND 2.800"),  # midnight in Africa/Tunis
        ("TN", "2027-12-31T22:59:59.999Z", "TND 2.800"),
        ("TN", "2027-12-31T23:00:00Z", "TND 2.940"),
        ("TN", "2031-06-01T00:00:00Z", "TND 2.940"),
        ("KE", "2026-11-21T12:00:00Z", "closed"),
        ("IN", "2026-11-21T12:00:00Z", "closed"),
        ("", "2026-11-21T12:00:00Z", "closed"),
    ],
)
def test_the_floor_switches_at_local_midnight(country: str, at: str, expected: str) -> None:
    assert floor(country, parse_iso(at)) == expected


def test_a_country_of_many_zones_switches_at_its_earliest_midnight() -> None:
    raised = replace(EXAMPLE, id="us", country="US", currency="USD", valid_from="2027-01-01")
    new_york_midnight = parse_iso("2027-01-01T05:00:00Z")
    assert floor("US", Instant(new_york_midnight - 1), rows=(raised,)) == "closed"
    assert floor("US", new_york_midnight, rows=(raised,)) == "USD 12.71"


def test_the_highest_of_the_rows_that_apply_is_the_floor() -> None:
    living = replace(EXAMPLE, id="gb-living", kind="living", amount="13.45", source_class="C")
    lower = replace(living, id="gb-model", amount="10.44")
    assert floor("GB", NOON, rows=(EXAMPLE, lower)) == "GBP 12.71"
    assert floor("GB", NOON, rows=(EXAMPLE, living, lower)) == "GBP 13.45"


def test_an_unapproved_row_sets_no_floor() -> None:
    draft = replace(EXAMPLE, amount="99", approved_on="", approved_by="")
    assert floor("GB", NOON, rows=(EXAMPLE, draft)) == "GBP 12.71"
    assert floor("GB", NOON, rows=(draft,)) == "closed"


@pytest.mark.parametrize("source_class", ["D", "E"])
def test_a_model_or_the_press_sets_a_floor_only_under_a_name(source_class: str) -> None:
    weak = replace(EXAMPLE, source_class=source_class, approved_by="")
    assert floor("GB", NOON, rows=(weak,)) == "closed"
    assert floor("GB", NOON, rows=(replace(weak, approved_by="Farid"),)) == "GBP 12.71"


def test_a_row_of_a_region_applies_there_only() -> None:
    federal = next(row for row in ROWS if row.country == "US")
    state = replace(federal, id="us-ca", region="US-CA", amount="16.90")
    assert floor("US", NOON, "US-CA", (federal, state)) == "USD 16.90"
    assert floor("US", NOON, "US-TX", (federal, state)) == "USD 7.25"
    assert floor("US", NOON, "", (federal, state)) == "USD 7.25"


def test_monthly_rows_become_hourly_in_exact_fractions_rounded_up() -> None:
    """1,823 EUR * 12 / (35 h * 52) = 12.0197... EUR: never 12.01."""
    monthly = replace(
        EXAMPLE,
        country="FR",
        currency="EUR",
        amount="1823",
        period="month",
        hours_per_week="35",
        payments_per_year="12",
    )
    assert hourly(monthly) == Fraction(182_300 * 12, 35 * 52)
    found = floor_for([monthly], "FR", "", NOON)
    assert found is not None
    assert found.money == Money(1202, "EUR")


@pytest.mark.parametrize(
    ("currency", "country", "amount", "expected"),
    [
        ("TND", "TN", "2.6671", "TND 2.668"),
        ("JPY", "JP", "1055.2", "JPY 1056"),
        ("KES", "KE", "161.34", "KES 161.34"),
    ],
)
def test_floors_round_up_in_the_currencys_own_digits(
    currency: str, country: str, amount: str, expected: str
) -> None:
    row = replace(EXAMPLE, country=country, currency=currency, amount=amount)
    assert floor(country, NOON, rows=(row,)) == expected


def test_a_row_in_another_currency_never_outbids_the_law() -> None:
    euro = replace(EXAMPLE, id="gb-eur", currency="EUR", amount="99", source_class="B")
    assert floor("GB", NOON, rows=(EXAMPLE, euro)) == "GBP 12.71"


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("amount", "12,31", "positive decimal"),
        ("amount", "0", "positive decimal"),
        ("amount", "-3", "positive decimal"),
        ("amount", "NaN", "positive decimal"),
        ("amount", "", "must not be empty"),
        ("country", "UK", "not an ISO 3166-1"),
        ("country", "gb", "two capital letters"),
        ("region", "US-CA", "not a region of GB"),
        ("currency", "pounds", "ISO 4217"),
        ("valid_from", "1 April 2026", "not a date"),
        ("valid_from", "2026-02-30", "not a date"),
        ("valid_to", "2020-01-01", "ends before it begins"),
        ("kind", "minimum", "none of statutory"),
        ("source_class", "F", "none of A"),
        ("may_redistribute", "yes", "none of true, false"),
        ("period", "month", "must say hours_per_week"),
        ("approved_on", "", "no date"),
        ("evidence_sha256", "abc", "SHA-256"),
        ("source_url", "javascript:alert(1)", "https://"),
        ("approved_by", "x" * 121, "longer than 120"),
    ],
)
def test_a_bad_cell_is_reported_with_its_line_and_column_and_the_rest_is_kept(
    column: str, cell: str, message: str
) -> None:
    text = as_csv(replace(EXAMPLE, id="bad"), **{column: cell}) + as_csv(EXAMPLE).split("\n", 1)[1]
    read = read_floor_rows(text)
    assert [row.id for row in read.rows] == [EXAMPLE.id]
    assert any(issue.message for issue in read.issues if message in issue.message), read.issues
    assert all(issue.place.startswith("line 2, ") for issue in read.issues)


def test_a_press_row_approved_by_nobody_is_reported() -> None:
    read = read_floor_rows(as_csv(EXAMPLE, source_class="E", approved_by=""))
    assert read.rows == ()
    assert "name of its approver" in read.issues[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Columns missing"),
        ("id,country\nx,GB\n", "Columns missing"),
        (as_csv(EXAMPLE) + "short,row\n", "does not have 24 cells"),
        (as_csv(EXAMPLE, EXAMPLE), "twice"),
        (as_csv(EXAMPLE) + 'x,"unclosed', "not CSV"),
    ],
)
def test_a_broken_file_is_reported(text: str, message: str) -> None:
    assert message in read_floor_rows(text).issues[0].message


def test_rows_survive_writing_and_reading() -> None:
    assert read_floor_rows("\ufeff" + as_csv(*ROWS)).rows == ROWS


def test_an_offer_needs_a_floor_its_currency_and_a_rate_that_reaches_it() -> None:
    british = floor_for(ROWS, "GB", "", NOON)
    assert offer_issues(british, "GB", 1271_000_000, "GBP") == []
    assert (
        "below the floor of GBP 12.71"
        in offer_issues(british, "GB", 1270_999_999, "GBP")[0].message
    )
    refused = offer_issues(british, "GB", 9999_000_000, "EUR")[0].message
    assert "in GBP and the project pays in EUR" in refused
    assert "no exchange rate of GBP in EUR has been imported" in refused
    assert "no approved wage floor" in offer_issues(None, "KE", 9999_000_000, "KES")[0].message


def pounds_in(currency: str, value: str, day: str = "2026-11-20", at: Instant = NOON) -> RateFound:
    rates = [Rate("GBP", currency, Fraction(value), date.fromisoformat(day), "A bank")]
    found = rate_at(rates, "GBP", currency, at)
    assert found is not None
    return found


def test_an_offer_in_another_currency_is_compared_at_the_imported_rate_rounded_up() -> None:
    """GBP 12.71 at 1.1366 is EUR 14.446186: EUR 14.44 would be below the floor."""
    british = floor_for(ROWS, "GB", "", NOON)
    exchange = pounds_in("EUR", "1.1366")
    assert offer_issues(british, "GB", 1445_000_000, "EUR", exchange) == []
    (issue,) = offer_issues(british, "GB", 1444_999_999, "EUR", exchange)
    assert (
        "below the floor of EUR 14.45 (GBP 12.71 at 1.1366 of 2026-11-20, A bank)" in issue.message
    )


def test_an_old_rate_lets_an_offer_pass_with_a_warning_and_a_foreign_one_does_not_serve() -> None:
    british = floor_for(ROWS, "GB", "", NOON)
    old = pounds_in("EUR", "1.1366", "2026-09-01")
    assert [issue.severity for issue in offer_issues(british, "GB", 10**10, "EUR", old)] == [
        "warning"
    ]
    assert "no exchange rate" in offer_issues(british, "GB", 10**10, "USD", old)[0].message


def test_a_floor_keeps_its_rate_beside_it_in_another_currency() -> None:
    british = floor_for(ROWS, "GB", "", NOON)
    assert british is not None
    exchange = pounds_in("JPY", "200.5")
    here = in_currency(british, "JPY", exchange)
    assert here is not None
    assert (str(here.money), here.micros_per_hour, here.rate) == (
        "JPY 2549",
        2549_000_000,
        exchange,
    )
    home = in_currency(british, "GBP", None)
    assert home is not None
    assert (home.minor_per_hour, home.rate) == (1271, None)


HELD = st.none() | st.builds(
    Held, st.integers(1, 10**6), st.sampled_from(["a", "b"]), st.integers(0, 10).map(Instant)
)


@given(st.lists(HELD, max_size=20))
def test_the_ratchet_never_falls_and_always_is_one_of_the_floors_that_were(
    floors: list[Held | None],
) -> None:
    held: Held | None = None
    for floor_now in floors:
        before, held = held, ratchet(held, floor_now)
        if before is not None:
            assert held is not None
            assert held.minor_per_hour >= before.minor_per_hour
        assert held is None or held in floors
    if any(floors):
        assert held is not None
        assert held.minor_per_hour == max(one.minor_per_hour for one in floors if one)


def test_with_equal_floors_the_older_is_kept() -> None:
    first, second = Held(100, "a", Instant(1)), Held(100, "b", Instant(2))
    assert ratchet(first, second) is first


@pytest.mark.parametrize("region", ["CA", "US-CA"])
def test_a_region_is_known_with_and_without_its_country(region: str) -> None:
    state = replace(
        EXAMPLE, id="us-ca", country="US", currency="USD", region="US-CA", amount="16.90"
    )
    assert floor("US", NOON, region, (state,)) == "USD 16.90"


def test_of_the_rows_of_towns_and_of_the_country_the_higher_applies_to_everybody() -> None:
    kenya = [row for row in ROWS if row.country == "KE"]
    approved = tuple(
        replace(row, approved_by="Carmen", approved_on="2026-11-21", hours_per_week="52")
        for row in kenya
    )
    assert {row.area for row in approved} == {"urban", "rural"}
    assert floor("KE", NOON, "", approved) == "KES 161.34"
    assert floor("KE", NOON, "30", approved) == "KES 161.34"


@pytest.mark.parametrize(
    ("published", "valid_from", "on", "warns"),
    [
        ("2025-11-21", "2025-01-01", "2026-11-20", False),
        ("2025-11-21", "2025-01-01", "2026-11-21", True),
        ("", "2025-01-01", "2026-11-21", True),
        ("", "2026-01-01", "2026-11-21", False),
    ],
)
def test_a_living_wage_of_a_year_ago_warns_and_still_holds(
    published: str, valid_from: str, on: str, warns: bool
) -> None:
    living = replace(EXAMPLE, kind="living", published_on=published, valid_from=valid_from)
    assert bool(row_warnings(living, date.fromisoformat(on))) is warns
    assert row_warnings(replace(living, kind="statutory"), date.fromisoformat(on)) == ()
    assert floor("GB", Instant(NOON + 3 * 365 * DAY_MS), rows=(living,)) == "GBP 12.71"


EUROSTAT = (
    "BG 620, LV 780, RO 795, HU 838, EE 886, SK 915, CZ 924, MT 994, GR 1027, HR 1050, PT 1073, "
    "CY 1088, PL 1139, LT 1153, SI 1278, ES 1381, FR 1823, BE 2112, NL 2295, DE 2343, IE 2391, "
    "LU 2704"
)
"""European Commission newsroom from Eurostat earn_mw_cur: EUR a month on 1 January 2026."""


def test_the_shipped_drafts_are_the_figures_of_their_sources() -> None:
    monthly = {
        row.country: row.amount
        for row in ROWS
        if row.id.endswith("-eurostat-2026-01") and row.period == "month"
    }
    assert monthly == dict(one.split() for one in EUROSTAT.split(", "))
    others = {row.id: (row.amount, row.source_class) for row in ROWS if "eurostat" not in row.id}
    assert (
        others.items()
        >= {
            "cz-openfisca-2026": ("22400", "D"),
            "py-parttime-2025-07": ("12080", "A"),
            "py-month-2025-07": ("2899048", "A"),
            "my-hour-2026": ("8.72", "B"),
            "my-month-2026": ("1700", "B"),
            "ke-cities-hour-2026-05": ("161.34", "E"),
            "ke-cities-month-2026-05": ("18047.40", "E"),
            "ke-elsewhere-month-2026-05": ("9268", "E"),
            "za-nmw-2026-03": ("30.23", "E"),
        }.items()
    )
    drafts = [row for row in ROWS if not is_active(row)]
    assert all(not row.approved_by and not row.approved_on for row in drafts)
    assert len(ROWS) == 22 + 9 + 6
