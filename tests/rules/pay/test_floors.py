"""Floors: the highest approved row of a place, at its own midnight."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from fractions import Fraction

import pytest

from fairhand.core.clock import Instant, parse_iso
from fairhand.core.money import Money
from fairhand.pay.floors.reader import FIELDS, read_floor_rows
from fairhand.pay.floors.rules import FloorRow, floor_for, hourly, is_active, offer_issues
from fairhand.pay.floors.shipped import shipped_floors

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
    assert "in GBP" in offer_issues(british, "GB", 9999_000_000, "EUR")[0].message
    assert "no approved wage floor" in offer_issues(None, "KE", 9999_000_000, "KES")[0].message
