"""The file of each rail: one function a rail, one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fairhand.core.errors import Issue
from fairhand.pay.payouts.methods import payee_name
from fairhand.pay.payouts.names import as_the_bank_sees_it
from fairhand.pay.payouts.payment import Debtor, Order, PayoutFile, check_debtor
from fairhand.pay.payouts.rules import Rail
from fairhand.pay.payouts.sepa import sepa_file
from fairhand.pay.payouts.tables import cash_file, cell, mobile_file, transfer_file

WRITERS: Final[Mapping[Rail, Callable[[Order, Debtor], PayoutFile]]] = {
    "sepa": sepa_file,
    "mobile": mobile_file,
    "batch": transfer_file,
    "cash": cash_file,
}


def write_file(rail: Rail, order: Order, debtor: Debtor) -> PayoutFile:
    """Write a batch's file."""
    return WRITERS[rail](order, debtor)


def debtor_issues(rail: Rail, debtor: Debtor) -> list[Issue]:
    """List what the settings lack for a rail: only a bank file names who pays."""
    return check_debtor(debtor) if rail == "sepa" else []


def name_in_file(rail: Rail, details: Mapping[str, str]) -> str:
    """Say how a person's name will stand in the file."""
    name = payee_name(details)
    return as_the_bank_sees_it(name) if rail == "sepa" else cell(name)
