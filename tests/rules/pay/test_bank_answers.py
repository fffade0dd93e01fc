"""Answers of banks: statements, reports and tables are read; what is hostile or broken is not."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.errors import FairhandError, InvalidError, MalformedError, TooLargeError
from fairhand.pay.payouts.answers import FILE_MAX, BankLine, read_answer
from fairhand.pay.payouts.matching import match
from fairhand.pay.payouts.rules import State, may_become
from tests.stores.bank_files import camt, entry, pain_002, report, transaction


def one(content: bytes) -> BankLine:
    (line,) = read_answer("bank.xml", content)
    return line


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_booked_debit_says_that_a_payout_was_paid(version: str) -> None:
    line = one(camt(entry("12.34", transaction("FHP1", "12.34", version)), version=version))
    assert (line.kind, line.reference) == ("paid", "FHP1")
    assert (line.amount_minor, line.currency, line.booked_on) == (1234, "EUR", "2026-11-24")


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_return_comes_with_its_reason(version: str) -> None:
    returned = transaction("FHP1", "12.34", version, reason="AC04", said="account closed")
    line = one(camt(entry("12.34", returned, direction="CRDT"), version=version))
    assert (line.kind, line.reason) == ("returned", "AC04: account closed")


def test_a_reversal_of_a_debit_is_a_return() -> None:
    line = one(camt(entry("12.34", transaction("FHP1", "12.34"), reversal=True)))
    assert (line.kind, line.reason) == ("returned", "reversed by the bank")


def test_what_is_not_booked_yet_says_nothing_of_its_end() -> None:
    assert one(camt(entry("12.34", transaction("FHP1", "12.34"), status="PDNG"))).kind == "other"


def test_a_booking_of_a_whole_batch_is_known_by_the_batch() -> None:
    line = one(camt(entry("99.00", "", batch="FHB1")))
    assert (line.references, line.amount_minor) == (("FHB1",), 9900)


def test_each_transaction_of_a_batch_booking_has_its_own_amount() -> None:
    both = transaction("FHP1", "10.00") + transaction("FHP2", "5.00")
    lines = read_answer("bank.xml", camt(entry("15.00", both, batch="FHB1")))
    assert [(line.reference, line.amount_minor) for line in lines] == [
        ("FHP1", 1000),
        ("FHP2", 500),
    ]


def test_a_transaction_alone_takes_the_amount_of_its_entry() -> None:
    line = one(camt(entry("12.34", "<TxDtls><Refs><EndToEndId>FHP1</EndToEndId></Refs></TxDtls>")))
    assert (line.reference, line.amount_minor) == ("FHP1", 1234)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("ACCP", "other"),
        ("ACSP", "other"),
        ("ACSC", "paid"),
        ("ACCC", "paid"),
        ("RJCT", "returned"),
    ],
)
def test_a_status_report_says_what_became_of_each_transaction(status: str, kind: str) -> None:
    line = one(pain_002(report("FHP1", status, reason="AC01")))
    assert (line.kind, line.reference, line.currency) == (kind, "FHP1", "")
    assert line.reason == "AC01"


def test_a_report_on_a_whole_batch_names_the_batch() -> None:
    line = one(pain_002("", group="RJCT", message="FHB1"))
    assert (line.kind, line.reference) == ("returned", "FHB1")


def test_a_table_of_results_is_read_with_either_delimiter() -> None:
    comma = b"Reference,Status,Amount,Currency,Date\nFHP1,Completed,12.34,KES,2026-11-24\n"
    semicolon = comma.replace(b",", b";")
    line = one(comma)
    assert line == one(semicolon)
    assert (line.kind, line.reference, line.amount_minor) == ("paid", "FHP1", 1234)
    failed = one(b"\xef\xbb\xbfreference,status,reason\nFHP1,FAILED,wrong number\n")
    assert (failed.kind, failed.reason) == ("returned", "wrong number")
    assert one(b"reference,status\nFHP1,queued\n").kind == "other"


def test_the_same_file_has_the_same_fingerprints_and_equal_lines_have_two() -> None:
    twice = camt(entry("12.34", transaction("FHP1", "12.34")) * 2)
    first, second = (line.fingerprint for line in read_answer("a.xml", twice))
    assert first != second
    assert [line.fingerprint for line in read_answer("b.xml", twice)] == [first, second]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY b "&lol;&lol;">]>
<Document><BkToCstmrStmt>&b;</BkToCstmrStmt></Document>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
<Document><BkToCstmrStmt>&e;</BkToCstmrStmt></Document>"""


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", MalformedError),
        (b"  \n", MalformedError),
        (BOMB, MalformedError),
        (OUTSIDE, MalformedError),
        (b"<Document>", MalformedError),
        (b"<Document></Documen>", MalformedError),
        (b'<?xml version="1.0" encoding="nothing"?><Document/>', MalformedError),
        (b"<Document/>", InvalidError),
        (b"<html><body>Sign in</body></html>", InvalidError),
        (b"name,amount\nx,1\n", InvalidError),
        (b"reference,status\n\xff\xfe,paid\n", MalformedError),
        (b"reference,status\na\x00b,paid\n", MalformedError),
        (b'reference,status\n"' + b"x" * 200_000, MalformedError),
        (b"x" * (FILE_MAX + 1), TooLargeError),
        (b"reference,status\n" + b"a,b\n" * 50_001, TooLargeError),
        (camt(entry("1e5", transaction("FHP1", "1e5"))), MalformedError),
        (camt(entry("-5", transaction("FHP1", "-5"))), MalformedError),
        (camt(entry("0.001", transaction("FHP1", "0.001"))), MalformedError),
        (camt(entry("1.00", "", currency="euro")), MalformedError),
        (camt(entry("٣", transaction("FHP1", "٣"))), MalformedError),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_cannot_be_read_is_refused_clearly(content: bytes, error: type[FairhandError]) -> None:
    with pytest.raises(error) as refused:
        read_answer("bank.xml", content)
    assert refused.value.message


@given(st.binary(max_size=400))
def test_no_bytes_bring_the_reader_down(content: bytes) -> None:
    with contextlib.suppress(FairhandError):
        read_answer("bank", content)


def test_a_deep_file_is_no_danger() -> None:
    deep = b"<Document>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</Document>"
    with pytest.raises(InvalidError):
        read_answer("deep.xml", deep)


@dataclass(frozen=True)
class Known:
    id: int
    currency: str
    amount_minor: int
    state: State


def line(kind: str = "paid", minor: int = 1234, currency: str = "EUR") -> BankLine:
    assert kind in ("paid", "returned", "other")
    return BankLine(kind, ("FHP1",), minor, currency, "2026-11-24", "AC04")  # type: ignore[arg-type]


@pytest.mark.parametrize(("minor", "currency"), [(1235, "EUR"), (1234, "KES"), (0, "EUR")])
def test_another_amount_or_currency_is_not_a_match(minor: int, currency: str) -> None:
    found = match(line(minor=minor, currency=currency), Known(1, "EUR", 1234, "sent"))
    assert not found.is_matched
    assert "EUR 12.34" in found.reason


def test_paid_after_it_came_back_is_for_a_person_to_look_at() -> None:
    for state in ("returned", "cancelled"):
        assert not match(line(), Known(1, "EUR", 1234, state)).is_matched
    assert not match(line(), Known(1, "EUR", 1234, "confirmed"), is_repeated=True).is_matched


@given(
    st.sampled_from(["paid", "returned", "other"]),
    st.sampled_from(["pending", "sent", "confirmed", "returned", "cancelled"]),
)
def test_a_match_leads_only_where_a_payout_may_go(kind: str, state: State) -> None:
    for step in match(line(kind), Known(1, "EUR", 1234, state)).steps:
        assert may_become(state, step)
        state = step
