"""The trial balance: what all accounts of a kind hold together, by currency."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from fairhand.storage.tables.pay import account, posting

KINDS: Final = {
    "owner": "Put in by owners",
    "guarantee": "Advanced by the operator",
    "escrow": "Set aside for projects",
    "payable": "Owed to people",
    "clearing": "On its way to people",
    "paid": "Paid to people",
    "liability": "Laid aside for care",
    "equity": "Passing through exchanges",
}


@dataclass(frozen=True, slots=True)
class Balance:
    """What the accounts of one kind hold in one currency, in micros."""

    kind: str
    title: str
    currency: str
    accounts: int
    micros: int


def load_balances(connection: Connection) -> list[Balance]:
    """Sum all accounts by kind and currency; in each currency all kinds together are zero."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(list)
    per_account = (
        select(posting.c.account_id, func.sum(posting.c.amount_micros).label("micros"))
        .group_by(posting.c.account_id)
        .subquery()
    )
    rows = connection.execute(
        select(account.c.key, account.c.currency, per_account.c.micros).join(
            per_account, per_account.c.account_id == account.c.id
        )
    )
    for key, currency, micros in rows:
        sums[currency, key.partition(":")[0]].append(int(micros))
    return [
        Balance(kind, KINDS.get(kind, kind), currency, len(held), sum(held))
        for (currency, kind), held in sorted(sums.items(), key=lambda one: _place(*one[0]))
    ]


def _place(currency: str, kind: str) -> tuple[str, int, str]:
    order = list(KINDS)
    return currency, order.index(kind) if kind in KINDS else len(order), kind
