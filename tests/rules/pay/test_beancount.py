"""Our books in Beancount's words: no digit lost, no name that its grammar refuses."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from beancount.core.account import is_valid
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.money import MICROS, exponent
from fairhand.pay.books.beancount import account_name, amount, text
from fairhand.pay.ledger.rules import (
    CLEARING,
    FX,
    GUARANTEE,
    escrow_key,
    owner_key,
    paid_key,
    payable_key,
)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (owner_key(3), "Assets:Funds:Project-3"),
        (escrow_key(3), "Liabilities:Escrow:Project-3"),
        (payable_key(7), "Liabilities:Payable:Person-7"),
        (paid_key(7), "Assets:Paid:Person-7"),
        (GUARANTEE, "Assets:Guarantee:Operator"),
        (CLEARING, "Liabilities:Clearing:Payout"),
        (FX, "Equity:FX"),
        ("expense:rounding", "Equity:Other:Expense-Rounding"),
    ],
)
def test_every_account_of_ours_has_its_place(key: str, name: str) -> None:
    assert account_name(key) == name
    assert is_valid(name)


@given(st.text(max_size=80))
def test_no_key_makes_a_name_that_is_refused(key: str) -> None:
    assert is_valid(account_name(key))


@pytest.mark.parametrize(
    ("micros", "currency", "written"),
    [
        (1, "GBP", "0.00000001 GBP"),
        (-12_345_678, "GBP", "-0.12345678 GBP"),
        (150_000_001, "JPY", "150.000001 JPY"),
        (1_234_000_005, "TND", "1.234000005 TND"),
        (100 * MICROS, "KES", "1.00000000 KES"),
        (0, "JPY", "0.000000 JPY"),
    ],
)
def test_amounts_have_all_their_digits(micros: int, currency: str, written: str) -> None:
    assert amount(micros, currency) == written


@given(st.integers(-(10**20), 10**20), st.sampled_from(["GBP", "JPY", "KES", "TND", "CLF"]))
def test_no_amount_is_rounded(micros: int, currency: str) -> None:
    number, _ = amount(micros, currency).split()
    assert Fraction(number) == Fraction(micros, MICROS * 10 ** exponent(currency))


@given(st.text(max_size=60))
def test_a_string_never_ends_early(words: str) -> None:
    written = text(words)
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', written)
    assert written.isprintable()
