"""The ledger's rules: every entry balances, and a person is paid whatever escrow holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.pay.ledger.rules import (
    GUARANTEE,
    Posting,
    balances,
    earning,
    escrow_key,
    funding,
    imbalance,
    payable_key,
    repayment,
)

amounts = st.integers(1, 10**15)


@given(amounts, amounts)
def test_an_earning_balances_and_the_person_gets_all_of_it(amount: int, escrow: int) -> None:
    covered = min(amount, escrow)
    lines = earning(3, 7, "KES", amount, covered)
    assert imbalance(lines) == {}
    held = balances(lines)
    assert held[payable_key(7), "KES"] == amount
    assert held.get((escrow_key(3), "KES"), 0) == -covered
    assert held.get((GUARANTEE, "KES"), 0) == covered - amount
    assert all(line.amount_micros for line in lines)


@given(amounts)
def test_funding_and_repayment_balance(amount: int) -> None:
    assert imbalance(funding(3, "EUR", amount)) == {}
    assert imbalance(repayment(3, "EUR", amount)) == {}


@pytest.mark.parametrize("covered", [-1, 101])
def test_escrow_cannot_cover_less_than_nothing_or_more_than_all(covered: int) -> None:
    with pytest.raises(ValueError, match="cannot cover"):
        earning(3, 7, "EUR", 100, covered)


def test_currencies_do_not_balance_each_other() -> None:
    lines = [Posting("a", "EUR", 5), Posting("b", "KES", -5)]
    assert imbalance(lines) == {"EUR": 5, "KES": -5}
