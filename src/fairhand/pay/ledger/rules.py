"""Rules of the double-entry ledger.

A posting is positive where an account comes to hold more and negative where money is drawn from
it. So escrow and payable accounts stand at or above zero, and the two sources (an owner, the
operator's guarantee) at or below: their balance is what they have put in. Every entry sums to zero
per currency. What escrow cannot cover the operator owes: the person is paid in every case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GUARANTEE = "guarantee:operator"
"""Where pay comes from when a project's escrow is empty."""


def escrow_key(project_id: int) -> str:
    """Name the account that holds a project's money."""
    return f"escrow:project:{project_id}"


def owner_key(project_id: int) -> str:
    """Name the account from which a project is funded."""
    return f"owner:project:{project_id}"


def payable_key(person_id: int) -> str:
    """Name the account of what is owed to a person."""
    return f"payable:person:{person_id}"


@dataclass(frozen=True, slots=True)
class Posting:
    """One ledger line."""

    account: str
    currency: str
    amount_micros: int


def imbalance(postings: Iterable[Posting]) -> dict[str, int]:
    """Sum postings per currency and keep the sums that are not zero; empty means balanced."""
    sums: dict[str, int] = defaultdict(int)
    for posting in postings:
        sums[posting.currency] += posting.amount_micros
    return {currency: total for currency, total in sums.items() if total != 0}


def funding(project_id: int, currency: str, amount_micros: int) -> list[Posting]:
    """Move money from the owner into a project's escrow."""
    return [
        Posting(owner_key(project_id), currency, -amount_micros),
        Posting(escrow_key(project_id), currency, amount_micros),
    ]


def repayment(project_id: int, currency: str, amount_micros: int) -> list[Posting]:
    """Give back from escrow what the guarantee advanced for the project."""
    return [
        Posting(escrow_key(project_id), currency, -amount_micros),
        Posting(GUARANTEE, currency, amount_micros),
    ]


def earning(
    project_id: int, person_id: int, currency: str, amount_micros: int, covered_micros: int
) -> list[Posting]:
    """Owe a person money: `covered_micros` from escrow, the rest from the guarantee."""
    if not 0 <= covered_micros <= amount_micros:
        raise ValueError(f"escrow cannot cover {covered_micros} of {amount_micros} micros")
    lines = [
        Posting(escrow_key(project_id), currency, -covered_micros),
        Posting(GUARANTEE, currency, covered_micros - amount_micros),
        Posting(payable_key(person_id), currency, amount_micros),
    ]
    return [line for line in lines if line.amount_micros != 0]


def balances(postings: Sequence[Posting]) -> dict[tuple[str, str], int]:
    """Sum postings per account and currency."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for posting in postings:
        sums[posting.account, posting.currency] += posting.amount_micros
    return dict(sums)
