"""CSV files for mobile money, transfer services and cash lists.

A cell that a spreadsheet would take for a formula is written so that it is text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from fairhand.core.money import Money
from fairhand.pay.payouts.methods import account_fields
from fairhand.pay.payouts.payment import Debtor, Order, Payment, PayoutFile

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(text: str) -> str:
    """Write a text so that no spreadsheet runs it: a quote before what looks like a formula.

    After OWASP's "CSV injection"; line breaks become spaces.
    """
    flat = " ".join(text.split("\n")).replace("\r", " ")
    return f"'{flat}" if flat.lstrip().startswith(_FORMULA) or text[:1] in _FORMULA else flat


def mobile_file(order: Order, _debtor: Debtor) -> PayoutFile:
    """Write a bulk payment for mobile money: number without +, amount, reference, name."""
    return _csv(
        order,
        ("MSISDN", "Amount", "Currency", "Reference", "Name", "Provider"),
        (
            (
                one.details["phone"].lstrip("+"),
                _amount(one),
                one.currency,
                one.end_to_end_id,
                cell(one.details["name"]),
                cell(one.details["provider"]),
            )
            for one in order.payments
        ),
    )


def transfer_file(order: Order, debtor: Debtor) -> PayoutFile:
    """Write a batch for a transfer service, in the columns that Wise gives its template."""
    accounts = [account_fields(one.details["account"]) for one in order.payments]
    extra = sorted({name for account in accounts for name in account})
    head = (
        "name",
        "recipientEmail",
        "paymentReference",
        "amountCurrency",
        "amount",
        "sourceCurrency",
        "targetCurrency",
        "type",
    )
    return _csv(
        order,
        (*head, *extra),
        (
            (*_transfer(one, debtor), *(cell(account.get(name, "")) for name in extra))
            for one, account in zip(order.payments, accounts, strict=True)
        ),
    )


def cash_file(order: Order, _debtor: Debtor) -> PayoutFile:
    """Write a list to sign: who gets how much where, and room for a date and a signature."""
    return _csv(
        order,
        ("Reference", "Name", "Place", "Amount", "Currency", "Received on", "Signature"),
        (
            (
                one.end_to_end_id,
                cell(one.details["to"]),
                cell(one.details["place"]),
                _amount(one),
                one.currency,
                "",
                "",
            )
            for one in order.payments
        ),
    )


def _transfer(one: Payment, debtor: Debtor) -> Sequence[str]:
    details: Mapping[str, str] = one.details
    return (
        cell(details["name"]),
        cell(details["email"]),
        one.end_to_end_id,
        "target",
        _amount(one),
        debtor.source_currency or one.currency,
        one.currency,
        cell(details["type"]),
    )


def _amount(one: Payment) -> str:
    return Money(one.amount_minor, one.currency).decimal()


def _csv(order: Order, head: Sequence[str], rows: Iterable[Sequence[str]]) -> PayoutFile:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return PayoutFile(f"{order.message_id}.csv", "text/csv; charset=utf-8", text.getvalue())
