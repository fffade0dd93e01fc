"""Rules of the double-entry ledger.

A posting is positive where an account comes to hold more and negative where money is drawn from
it. So escrow and payable accounts stand at or above zero, and the two sources (an owner, the
operator's guarantee) at or below: their balance is what they have put in. Every entry sums to zero
per currency. What escrow cannot cover the operator owes: the person is paid in every case.

Money leaves in three steps: what is owed (payable) goes into a payout file (clearing), and from
there it is paid, or comes back to payable. `paid` is what left the house: it says so for ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GUARANTEE = "guarantee:operator"
"""Where pay comes from when a project's escrow is empty."""

CLEARING = "clearing:payout"
"""Money in a payout file that is on its way: neither owed any more nor known to have arrived."""

FX = "equity:fx"
"""Where an exchange passes through: one currency goes in, another comes out."""

AFTERCARE = "liability:aftercare"
"""Money laid aside for care after hard content: one account for everybody, so it names nobody."""

ROYALTY = "royalty"
"""The basis of what people earn when their data is used; it comes from the owner, not escrow."""

_ESCROW = "escrow:project:"


def escrow_key(project_id: int) -> str:
    """Name the account that holds a project's money."""
    return f"{_ESCROW}{project_id}"


def owner_key(project_id: int) -> str:
    """Name the account from which a project is funded."""
    return f"owner:project:{project_id}"


def payable_key(person_id: int) -> str:
    """Name the account of what is owed to a person."""
    return f"payable:person:{person_id}"


def paid_key(person_id: int) -> str:
    """Name the account of what was sent to a person and confirmed."""
    return f"paid:person:{person_id}"


def escrow_project(key: str) -> int | None:
    """Say of which project an account is the escrow; None for every other account."""
    return int(key.removeprefix(_ESCROW)) if key.startswith(_ESCROW) else None


def never_below_zero(key: str) -> bool:
    """Say whether an account is a person's: such an account never stands below zero."""
    return key.startswith(("payable:", "paid:"))


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


def laying_aside(
    project_id: int, currency: str, amount_micros: int, covered_micros: int
) -> list[Posting]:
    """Lay money aside for care: `covered_micros` from escrow, the rest from the guarantee."""
    lines = [
        Posting(escrow_key(project_id), currency, -covered_micros),
        Posting(GUARANTEE, currency, covered_micros - amount_micros),
        Posting(AFTERCARE, currency, amount_micros),
    ]
    return [line for line in lines if line.amount_micros != 0]


def bringing_back(project_id: int, currency: str, amount_micros: int) -> list[Posting]:
    """Bring what was laid aside back into escrow, from where a person is owed it at once."""
    return _move(AFTERCARE, escrow_key(project_id), currency, amount_micros)


def batching(person_id: int, currency: str, amount_micros: int) -> list[Posting]:
    """Put what is owed to a person into a payout file."""
    return _move(payable_key(person_id), CLEARING, currency, amount_micros)


def confirming(person_id: int, currency: str, amount_micros: int) -> list[Posting]:
    """Say that a payout arrived."""
    return _move(CLEARING, paid_key(person_id), currency, amount_micros)


def returning(
    person_id: int, currency: str, amount_micros: int, *, was_confirmed: bool = False
) -> list[Posting]:
    """Owe a person again what came back, also when it had been taken for paid."""
    source = paid_key(person_id) if was_confirmed else CLEARING
    return _move(source, payable_key(person_id), currency, amount_micros)


def royalty(project_id: int, person_id: int, currency: str, amount_micros: int) -> list[Posting]:
    """Owe a person a share of what their data earned; the project's owner puts it in."""
    return _move(owner_key(project_id), payable_key(person_id), currency, amount_micros)


def exchange(sold: Posting, bought: Posting) -> list[Posting]:
    """Exchange currencies: `sold` is drawn (negative), `bought` comes to hold (positive).

    Each currency balances by itself through `equity:fx`; the rate, its source and its day are kept
    in the entry's note. ValueError unless one is drawn and the other filled in another currency.
    """
    if sold.amount_micros >= 0 or bought.amount_micros <= 0 or sold.currency == bought.currency:
        raise ValueError("an exchange draws one currency and fills another")
    return [
        sold,
        Posting(FX, sold.currency, -sold.amount_micros),
        Posting(FX, bought.currency, -bought.amount_micros),
        bought,
    ]


def merged(postings: Iterable[Posting]) -> list[Posting]:
    """Give one line an account and currency, in order of their first mention, none of nothing."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for posting in postings:
        sums[posting.account, posting.currency] += posting.amount_micros
    return [Posting(key, currency, total) for (key, currency), total in sums.items() if total]


def _move(source: str, target: str, currency: str, amount_micros: int) -> list[Posting]:
    if amount_micros <= 0:
        raise ValueError(f"{amount_micros} micros cannot be moved: it must be more than nothing")
    return [Posting(source, currency, -amount_micros), Posting(target, currency, amount_micros)]


def balances(postings: Sequence[Posting]) -> dict[tuple[str, str], int]:
    """Sum postings per account and currency."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for posting in postings:
        sums[posting.account, posting.currency] += posting.amount_micros
    return dict(sums)
