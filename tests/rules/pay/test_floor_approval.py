"""Approval of wage rows: evidence, four eyes, arithmetic in words, ends in the future only."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.errors import Issue
from fairhand.pay.floors.approval import (
    EVIDENCE_MOST_BYTES,
    Approval,
    Approver,
    approval_issues,
    approve,
    end_issues,
    evidence_issues,
    evidence_type,
    in_words,
    meet,
    needs_hours,
)
from fairhand.pay.floors.reader import read_floor_rows
from fairhand.pay.floors.rules import FloorRow, is_active
from fairhand.pay.floors.shipped import shipped_floors

ROWS = {row.id: row for row in read_floor_rows(shipped_floors()).rows}
HOURLY = ROWS["ke-cities-hour-2026-05"]
MONTHLY = ROWS["ke-cities-month-2026-05"]
LAW = ROWS["gb-nlw-2026-04"]
TODAY = date(2026, 11, 22)
CARMEN = Approver(1, "Carmen", others=False)
WORD = Approval("", "", "I read Legal Notice 108.", checked=True)


def places(issues: list[Issue]) -> list[str]:
    return [issue.place for issue in issues]


def test_an_hourly_draft_needs_a_note_and_a_word() -> None:
    assert approval_issues(HOURLY, CARMEN, WORD) == []
    silent = Approval("", "", "  short  ", checked=False)
    assert places(approval_issues(HOURLY, CARMEN, silent)) == ["note", "checked"]
    assert places(approval_issues(HOURLY, CARMEN, replace(WORD, note="x" * 2_001))) == ["note"]


@pytest.mark.parametrize(
    ("hours", "payments", "missing"),
    [
        ("52", "12", []),
        ("", "12", ["hours_per_week"]),
        ("0", "12", ["hours_per_week"]),
        ("169", "12", ["hours_per_week"]),
        ("-45", "12", ["hours_per_week"]),
        ("4e1", "12", ["hours_per_week"]),
        ("٤٥", "12", ["hours_per_week"]),
    ],
)
def test_a_monthly_draft_needs_what_it_leaves_open(
    hours: str, payments: str, missing: list[str]
) -> None:
    assert needs_hours(MONTHLY)
    assert places(approval_issues(MONTHLY, CARMEN, replace(WORD, hours_per_week=hours))) == missing


def test_what_a_row_says_already_is_not_overwritten() -> None:
    approved = approve(
        MONTHLY, CARMEN, Approval("52", "13", "x" * 10, checked=True), "e" * 64, TODAY
    )
    assert (approved.hours_per_week, approved.payments_per_year) == ("52", "12")
    assert approved.approved_by == "Carmen (person 1)"
    assert approved.approved_on == "2026-11-22"
    assert is_active(approved)
    assert (
        replace(approved, hours_per_week="", approved_by="", approved_on="", evidence_sha256="")
        == MONTHLY
    )


def test_two_eyes_do_where_there_is_one_manager_and_four_are_needed_where_there_are_two() -> None:
    own = replace(HOURLY, entered_by="Carmen (person 1)")
    by_name = replace(HOURLY, entered_by=" carmen ")
    assert approval_issues(own, CARMEN, WORD) == []
    with_others = replace(CARMEN, others=True)
    assert places(approval_issues(own, with_others, WORD)) == ["approver"]
    assert places(approval_issues(by_name, with_others, WORD)) == ["approver"]
    assert approval_issues(own, Approver(2, "Bao", others=True), WORD) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8", "image/webp"),
        ("Gesetz über den Lohn".encode(), "text/plain; charset=utf-8"),
        (b"MZ\x90\x00", None),
        (b"PK\x03\x04\xff", None),
        (b"\x00", None),
        (b"   ", None),
    ],
)
def test_evidence_is_known_by_its_bytes(data: bytes, expected: str | None) -> None:
    assert evidence_type(data) == expected
    assert bool(evidence_issues(data)) is (expected is None)


def test_evidence_has_a_size() -> None:
    assert places(evidence_issues(b"")) == ["evidence"]
    assert places(evidence_issues(b"a" * (EVIDENCE_MOST_BYTES + 1))) == ["evidence"]
    assert evidence_issues(b"a" * EVIDENCE_MOST_BYTES) == []


@given(st.binary(max_size=50))
def test_no_bytes_make_the_reading_of_evidence_fall_over(data: bytes) -> None:
    evidence_issues(data)


@pytest.mark.parametrize(
    ("last_day", "reason", "wrong"),
    [
        ("2026-11-22", "A new notice is out.", []),
        ("2026-11-21", "A new notice is out.", ["last_day"]),
        ("2026-03-01", "A new notice is out.", ["last_day", "last_day"]),
        ("tomorrow", "A new notice is out.", ["last_day"]),
        ("2027-01-01", "no", ["reason"]),
    ],
)
def test_a_row_ends_today_at_the_earliest(last_day: str, reason: str, wrong: list[str]) -> None:
    assert places(end_issues(LAW, last_day, TODAY, reason)) == wrong


def test_a_draft_has_no_end_and_an_end_is_not_put_off() -> None:
    assert places(end_issues(HOURLY, "2027-01-01", TODAY, "A new notice is out.")) == ["last_day"]
    ended = replace(LAW, valid_to="2026-12-01")
    assert places(end_issues(ended, "2026-12-02", TODAY, "A new notice is out.")) == ["last_day"]


def test_a_file_takes_nothing_away_from_a_row_that_the_house_approved_or_ended() -> None:
    approved = approve(MONTHLY, CARMEN, Approval("52", "", "x" * 10, checked=True), "e" * 64, TODAY)
    assert meet(MONTHLY, approved) == approved
    ended = replace(LAW, valid_to="2026-12-31")
    assert meet(LAW, ended) == ended
    assert meet(replace(LAW, valid_to="2026-12-01"), ended) == replace(LAW, valid_to="2026-12-01")
    assert meet(MONTHLY, None) == MONTHLY


def test_a_draft_with_other_figures_does_not_push_an_approved_row_aside() -> None:
    approved = approve(HOURLY, CARMEN, WORD, "e" * 64, TODAY)
    met = meet(replace(HOURLY, amount="1.00"), approved)
    assert isinstance(met, Issue)
    assert "new id" in met.message
    better = replace(LAW, amount="13.00")
    assert meet(better, LAW) == better, "a row that its file names as approved takes over"
    assert meet(replace(HOURLY, amount="170"), HOURLY) == replace(HOURLY, amount="170")


def test_the_arithmetic_of_an_hour_is_shown_in_words() -> None:
    assert in_words(HOURLY) == "KES 161.34 an hour."
    assert "is not said yet" in in_words(MONTHLY)
    assert in_words(replace(MONTHLY, hours_per_week="52")) == (
        "KES 18047.40 a month × 12 payments a year ÷ (52 hours a week × 52 weeks) = KES 80.09201… "
        "an hour, rounded up to KES 80.10."
    )
    dinar = ROWS["tn-smig-48h-2026"]
    assert in_words(dinar) == "TND 2.667 an hour."
    assert (
        in_words(replace(dinar, amount="2.6671")) == "TND 2.6671 an hour, rounded up to TND 2.668."
    )


def as_json(row: FloorRow, **changed: object) -> dict[str, object]:
    return {**asdict(row), **changed}


def test_rows_survive_json_and_numbers_are_taken_as_written() -> None:
    text = json.dumps({"format": "wagefloor/v1", "rows": [as_json(row) for row in ROWS.values()]})
    assert read_floor_rows(text).rows == tuple(ROWS.values())
    read = read_floor_rows("\ufeff" + json.dumps([as_json(LAW)]).replace('"12.71"', "12.710"))
    assert read.issues == ()
    assert read.rows[0].amount == "12.710"


def test_json_may_leave_out_what_is_empty() -> None:
    row = {
        "id": "gb",
        "country": "GB",
        "kind": "living",
        "amount": "13.45",
        "currency": "GBP",
        "period": "hour",
        "valid_from": "2026-04-01",
        "source_title": "A foundation",
        "source_class": "C",
    }
    (read,) = read_floor_rows(json.dumps([row])).rows
    assert (read.area, read.household, read.basis, read.may_redistribute) == (
        "any",
        "none",
        "unknown",
        False,
    )


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("[", "file", "not JSON"),
        ("[" * 100_000, "file", "not JSON"),
        ("{}", "format", "wagefloor/v1"),
        ('{"format": "wagefloor/v1"}', "rows", "no list"),
        ("[7]", "row 1", "object"),
        ('[{"id": ["x"]}]', "row 1", "neither text nor a number"),
        ('[{"colour": "red"}]', "row 1", "does not have: colour"),
        ('[{"id": "x"}]', "row 1, country", "must not be empty"),
        ('[{"id": "\\u0000"}]', "row 1, id", "character that is none"),
        ('[{"id": "\\ud800"}]', "row 1, id", "character that is none"),
    ],
)
def test_bad_json_is_reported_by_row(text: str, place: str, message: str) -> None:
    read = read_floor_rows(text)
    assert read.rows == ()
    assert any(one.place == place and message in one.message for one in read.issues), read.issues
