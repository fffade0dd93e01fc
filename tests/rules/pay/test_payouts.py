"""Payout rules: states, who can be paid, methods, names, and the files of each rail."""

from __future__ import annotations

import csv
import io
import re
from fractions import Fraction
from itertools import pairwise
from typing import get_args

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import parse_iso
from fairhand.core.money import MICROS
from fairhand.pay.ledger.rules import imbalance
from fairhand.pay.payouts.files import debtor_issues, name_in_file, write_file
from fairhand.pay.payouts.methods import (
    KINDS,
    account_fields,
    check_details,
    clean_details,
    hash_of,
    masked,
)
from fairhand.pay.payouts.names import as_the_bank_sees_it
from fairhand.pay.payouts.payment import Debtor, Order, Payment, check_debtor
from fairhand.pay.payouts.rules import (
    TRANSITIONS,
    Method,
    Owed,
    Rail,
    State,
    due,
    dues,
    end_to_end_id,
    lines_for,
    may_become,
    message_id,
    payable_on,
)
from fairhand.pay.payouts.sepa import schema_errors, sepa_file
from fairhand.pay.payouts.tables import cell
from tests.stores.payout_world import CASH, DEBTOR, DETAILS, MOBILE, SEPA, TRANSFER

NOW = parse_iso("2026-11-22T10:00:00Z")
STATES: tuple[State, ...] = get_args(State)
NS = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"


def method(rail: Rail = "sepa", minimum: int = 0, person: int = 1) -> Method:
    return Method(1, person, rail, "EUR", clean_details(rail, DETAILS[rail]), minimum, NOW)


def owed(settled: int, held: int = 0, **more: bool) -> Owed:
    return Owed(
        1,
        "Amina",
        more.get("is_simulated", False),
        more.get("is_leaving", False),
        "EUR",
        settled,
        held,
        (settled - held) * MICROS,
    )


def order(*payments: Payment, currency: str = "EUR") -> Order:
    return Order(message_id("a batch key"), currency, payments, NOW)


def payment(rail: Rail, minor: int = 1234, person: int = 1, **changed: str) -> Payment:
    details = clean_details(rail, DETAILS[rail] | changed)
    return Payment(end_to_end_id("a batch key", person, "EUR"), person, "EUR", minor, details)


def test_a_sent_payout_ends_by_evidence_and_in_no_other_way() -> None:
    assert TRANSITIONS["sent"] == {"confirmed", "returned"}
    assert not any(may_become(before, "pending") for before in STATES)
    assert not may_become("sent", "cancelled")
    assert not TRANSITIONS["returned"]
    assert not TRANSITIONS["cancelled"]


@given(st.lists(st.sampled_from(STATES), max_size=8), st.integers(1, 10**12))
def test_money_moves_with_the_state_and_is_all_there_at_the_end(
    path: list[State], minor: int
) -> None:
    places: dict[str, int] = {"payable:person:1": minor * MICROS}
    walk: list[State] = ["pending"]
    for state in path:
        if may_become(walk[-1], state):
            walk.append(state)
    lines = lines_for("payable", "pending", 1, "EUR", minor)
    for before, after in pairwise(walk):
        lines += lines_for(before, after, 1, "EUR", minor)
    assert imbalance(lines) == {}
    for line in lines:
        places[line.account] = places.get(line.account, 0) + line.amount_micros
    home = {"pending": "clearing:payout", "sent": "clearing:payout", "confirmed": "paid:person:1"}
    place = home.get(walk[-1], "payable:person:1")
    assert {key: sum_ for key, sum_ in places.items() if sum_} == {place: minor * MICROS}


def test_only_what_is_settled_and_in_no_payout_is_due() -> None:
    assert due(owed(1000, 400), method()).amount_minor == 600
    assert due(owed(1000, 1000), method()).standing == "nothing"
    assert due(owed(1000), None).standing == "no_method"
    assert due(owed(1000, is_simulated=True), method()).standing == "simulated"


def test_the_books_must_hold_what_is_paid_out() -> None:
    short = Owed(1, "Amina", False, False, "EUR", 1000, 0, 999 * MICROS)
    assert due(short, method()).standing == "books_differ"


def test_a_minimum_holds_until_it_is_reached_or_the_pay_is_final() -> None:
    assert due(owed(999), method(minimum=1000)).standing == "below_minimum"
    assert due(owed(1000), method(minimum=1000)).standing == "ready"
    assert due(owed(999), method(minimum=1000), final=True).standing == "ready"
    assert due(owed(999, is_leaving=True), method(minimum=1000)).standing == "ready"


def test_a_batch_takes_one_rail_and_one_currency() -> None:
    found = dues([owed(500)], [method("mobile")])
    assert payable_on(found, "mobile", "EUR") == found
    assert payable_on(found, "sepa", "EUR") == []
    assert payable_on(found, "mobile", "KES") == []


@given(st.text(min_size=8, max_size=64), st.integers(1, 2**63 - 1))
def test_names_at_the_bank_are_short_plain_and_the_same_for_the_same_key(
    key: str, person: int
) -> None:
    names = {message_id(key), end_to_end_id(key, person, "EUR"), end_to_end_id(key, person, "KES")}
    assert len(names) == 3
    assert all(len(name) <= 35 and name.isascii() and name.isalnum() for name in names)
    assert end_to_end_id(key, person, "EUR") == end_to_end_id(key, person, "EUR")


@pytest.mark.parametrize("rail", KINDS)
def test_good_details_of_every_rail_are_taken(rail: Rail) -> None:
    details = clean_details(rail, DETAILS[rail])
    assert check_details(rail, "EUR", details) == []
    hidden = masked(rail, details)
    assert not re.search(r"[0-9]{5}", hidden), "no more than the last four are shown"
    assert len(hash_of(rail, "EUR", details)) == 64


@pytest.mark.parametrize("rail", KINDS)
def test_every_detail_that_is_needed_is_asked_for(rail: Rail) -> None:
    issues = check_details(rail, "EUR", {})
    needed = [field.name for field in KINDS[rail].fields if field.required]
    assert [issue.place for issue in issues] == needed


@pytest.mark.parametrize(
    ("rail", "changed", "place"),
    [
        ("sepa", {"iban": "FR1420041010050500013M02607"}, "iban"),
        ("sepa", {"iban": "FR14"}, "iban"),
        ("sepa", {"iban": "XX14200410100505"}, "iban"),
        ("sepa", {"iban": "=cmd"}, "iban"),
        ("sepa", {"bic": "NOTABIC"}, "bic"),
        ("sepa", {"town": "😀"}, "town"),
        ("sepa", {"name": "😀😀"}, "name"),
        ("sepa", {"name": "x" * 71}, "name"),
        ("sepa", {"country": "France"}, "country"),
        ("sepa", {"country": "F1"}, "country"),
        ("mobile", {"phone": "0712345678"}, "phone"),
        ("mobile", {"phone": "+0712345678"}, "phone"),
        ("mobile", {"phone": "+2547"}, "phone"),
        ("mobile", {"phone": "+2547123456789012"}, "phone"),
        ("mobile", {"phone": "+٢٥٤٧١٢٣٤٥٦٧٨"}, "phone"),
        ("batch", {"email": "esi"}, "email"),
        ("batch", {"type": "Sort Code"}, "type"),
        ("batch", {"account": "28821822"}, "account"),
        ("batch", {"account": "a: 1\n" * 13}, "account"),
        ("cash", {"to": "a\x07b"}, "to"),
    ],
)
def test_details_that_cannot_be_paid_to_are_refused_at_their_field(
    rail: Rail, changed: dict[str, str], place: str
) -> None:
    details = clean_details(rail, DETAILS[rail] | changed)
    assert {issue.place for issue in check_details(rail, "EUR", details)} == {place}


def test_sepa_carries_euros_only() -> None:
    (issue,) = check_details("sepa", "KES", clean_details("sepa", SEPA))
    assert issue.place == "currency"


def test_an_iban_is_never_repeated_in_an_error() -> None:
    wrong = clean_details("sepa", SEPA | {"iban": "FR1420041010050500013M02607"})
    assert "3M02607" not in str(check_details("sepa", "EUR", wrong))


def test_a_name_is_told_as_the_bank_will_write_it() -> None:
    assert as_the_bank_sees_it("Aïcha Öztürk") == "Aicha Ozturk"
    assert as_the_bank_sees_it("Ngũgĩ & Söhne <3") == "Ngugi + Sohne 3"
    assert as_the_bank_sees_it("//a//b") == "a/b"
    assert name_in_file("sepa", {"name": "张伟"}) == "Zhang Wei"
    assert name_in_file("mobile", {"name": "=HYPERLINK(1)"}) == "'=HYPERLINK(1)"


@given(st.text(max_size=200))
def test_whatever_a_text_is_the_bank_gets_its_own_letters(text: str) -> None:
    written = as_the_bank_sees_it(text)
    assert len(written) <= 70
    assert not set(written) - set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-?:().,'+ "
    )
    assert as_the_bank_sees_it(written) == written


@pytest.mark.parametrize("bic", ["COBADEFFXXX", ""])
def test_a_sepa_file_is_valid_by_the_iso_schema_and_has_what_it_should(bic: str) -> None:
    debtor = Debtor(DEBTOR.name, DEBTOR.iban, bic, DEBTOR.address)
    batch = order(payment("sepa", 1234), payment("sepa", 5, 2), payment("sepa", 10**9, 3))
    file = sepa_file(batch, debtor)
    assert schema_errors(file.body) == []
    root = fromstring(file.body)
    sums = [element.text for element in root.iter(f"{NS}CtrlSum")]
    counts = [element.text for element in root.iter(f"{NS}NbOfTxs")]
    amounts = [element.text or "" for element in root.iter(f"{NS}InstdAmt")]
    assert (sums, counts) == (["10000012.39"] * 2, ["3", "3"])
    assert sum(map(Fraction, amounts)) * 100 == batch.control_minor
    ends = [element.text for element in root.iter(f"{NS}EndToEndId")]
    assert ends == [one.end_to_end_id for one in batch.payments]
    assert [element.text for element in root.iter(f"{NS}MsgId")] == [batch.message_id]
    assert {element.text for element in root.iter(f"{NS}TwnNm")} == {"Berlin", "Paris"}
    assert {element.text for element in root.iter(f"{NS}Ctry")} == {"DE", "FR"}
    assert not list(root.iter(f"{NS}AdrLine")), "addresses are structured"
    assert [element.text for element in root.iter(f"{NS}Nm")][-1] == "Aicha Ozturk"
    assert sepa_file(batch, debtor) == file, "the same batch gives the same bytes"


WORDS = st.text(min_size=1, max_size=90)


@given(WORDS, WORDS, WORDS, WORDS, WORDS, st.integers(1, 10**12))
def test_whatever_details_are_taken_make_a_valid_file(
    name: str, street: str, building: str, postcode: str, town: str, minor: int
) -> None:
    given_ = {"name": name, "street": street, "building": building}
    given_ |= {"postcode": postcode, "town": town}
    details = clean_details("sepa", SEPA | given_)
    if check_details("sepa", "EUR", details):
        return
    file = sepa_file(order(Payment("FHP1", 1, "EUR", minor, details)), DEBTOR)
    assert schema_errors(file.body) == []


def test_the_schema_check_finds_what_is_wrong() -> None:
    body = sepa_file(order(payment("sepa")), DEBTOR).body
    assert schema_errors(body.replace("FHP", "F" * 40, 1))
    assert schema_errors(body.replace("FR1420041010050500013M02606", "?"))


def test_settings_that_lack_who_pays_are_named() -> None:
    places = {issue.place for issue in check_debtor(Debtor())}
    assert places == {"payout_name", "payout_iban", "payout_town", "payout_country"}
    assert debtor_issues("mobile", Debtor()) == []
    assert debtor_issues("sepa", DEBTOR) == []


def rows_of(body: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body, newline="")))


def test_a_mobile_file_has_number_amount_reference_and_name() -> None:
    head, row = rows_of(write_file("mobile", order(payment("mobile")), DEBTOR).body)
    assert head[:5] == ["MSISDN", "Amount", "Currency", "Reference", "Name"]
    assert row[:3] == ["254712345678", "12.34", "EUR"]
    assert row[3].startswith("FHP")
    assert row[4] == MOBILE["name"]


def test_a_transfer_file_has_the_services_columns_and_everybodys_account() -> None:
    other = payment("batch", 500, 2, account="IBAN: GB33BUKB20201555555555", type="iban")
    head, first, second = rows_of(write_file("batch", order(payment("batch"), other), DEBTOR).body)
    assert head == [
        "name",
        "recipientEmail",
        "paymentReference",
        "amountCurrency",
        "amount",
        "sourceCurrency",
        "targetCurrency",
        "type",
        "IBAN",
        "accountNumber",
        "sortCode",
    ]
    assert first[8:] == ["", "28821822", "231470"]
    assert second[4:9] == ["5.00", "EUR", "EUR", "iban", "GB33BUKB20201555555555"]
    assert account_fields(TRANSFER["account"])["sortCode"] == "231470"


def test_a_cash_list_has_room_to_sign() -> None:
    head, row = rows_of(write_file("cash", order(payment("cash")), DEBTOR).body)
    assert head[-2:] == ["Received on", "Signature"]
    assert row[1:4] == [CASH["to"], CASH["place"], "12.34"]


@given(st.text(max_size=40))
def test_no_cell_begins_like_a_formula(text: str) -> None:
    written = cell(text)
    assert not written.lstrip().startswith(("=", "+", "-", "@"))
    assert "\n" not in written
    assert "\r" not in written


def test_amounts_have_their_currencys_own_digits() -> None:
    for currency, shown in (("JPY", "1234"), ("TND", "1.234"), ("KES", "12.34")):
        one = Payment("FHP1", 1, currency, 1234, clean_details("mobile", MOBILE))
        _, row = rows_of(write_file("mobile", order(one, currency=currency), DEBTOR).body)
        assert row[1:3] == [shown, currency]
