"""The ledger in the database: entries, their lines, escrow, and what people earned.

Append-only. Every entry has a key, and a key is used once. The escrow row, which all people of a
project share, is touched as late as possible.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from fairhand.core.clock import Instant
from fairhand.pay.ledger.book import check_same, key_reused, open_entry, post, post_entry
from fairhand.pay.ledger.escrow import both, draw, fill, load_escrow
from fairhand.pay.ledger.rules import (
    GUARANTEE,
    ROYALTY,
    earning,
    funding,
    repayment,
    royalty,
)
from fairhand.pay.paid_time.rules import Activity
from fairhand.storage.tables.pay import account, accrual, entry, posting

__all__ = [
    "Accrued",
    "Earning",
    "both",
    "earned_before",
    "fund_escrow",
    "load_escrow",
    "open_earning",
    "open_entry",
    "post",
    "post_earning",
    "post_entry",
    "write_earning",
]


@dataclass(frozen=True, slots=True)
class Accrued:
    """One earning as the ledger has it."""

    entry_id: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Earning:
    """What `post_earning` writes: a person earned an amount in a project.

    `basis` says what for; `quantity` and `unit_micros` are pieces and the price of one, or
    milliseconds of audio and the price of a minute. A royalty comes from the project's owner, all
    else from its escrow. A correction may name the entry that it puts right.
    """

    kind: str
    idem_key: str
    person_id: int
    project_id: int
    activity: Activity
    started_at: Instant
    ended_at: Instant
    paid_ms: int
    rate_micros_per_hour: int
    currency: str
    amount_micros: int
    annotation_id: int | None = None
    basis: str = "time"
    quantity: int | None = None
    unit_micros: int | None = None
    corrects_id: int | None = None


_ADD_ACCRUAL = accrual.insert()
_FIND_ACCRUED = (
    select(
        entry.c.id,
        entry.c.kind,
        accrual.c.person_id,
        accrual.c.project_id,
        accrual.c.activity,
        accrual.c.basis,
        accrual.c.paid_ms,
        accrual.c.currency,
        accrual.c.amount_micros,
    )
    .join(accrual, accrual.c.entry_id == entry.c.id)
    .where(entry.c.idem_key == bindparam("p_idem_key"))
)
_ADVANCED = (
    select(func.coalesce(-func.sum(posting.c.amount_micros), 0))
    .select_from(
        posting.join(account, account.c.id == posting.c.account_id).join(
            entry, entry.c.id == posting.c.entry_id
        )
    )
    .where(
        account.c.key == GUARANTEE,
        account.c.currency == bindparam("p_currency"),
        entry.c.project_id == bindparam("p_project_id"),
    )
)


def post_earning(connection: Connection, earned: Earning, now: Instant) -> Accrued:
    """Write an earning into the ledger; a key that was used gives its first result.

    Raises ConflictError when the key was used for anything else.
    """
    entry_id = open_earning(connection, earned, now)
    if entry_id is None:
        return earned_before(connection, earned)
    return write_earning(connection, entry_id, earned)


def fund_escrow(
    connection: Connection,
    *,
    project_id: int,
    currency: str,
    amount_micros: int,
    idem_key: str,
    now: Instant,
) -> bool:
    """Put an owner's money into escrow, paying back first what the guarantee advanced.

    False when this key has funded before: nothing is changed.
    """
    entry_id = open_entry(connection, "funding", idem_key, project_id, now, now)
    lines = funding(project_id, currency, amount_micros)
    if entry_id is None:
        check_same(connection, "funding", idem_key, project_id, lines)
        return False
    post(connection, entry_id, lines)
    fill(connection, project_id, currency, amount_micros)
    _repay_guarantee(connection, project_id, currency, f"repay:{idem_key}", now)
    return True


def open_earning(connection: Connection, earned: Earning, now: Instant) -> int | None:
    """Begin an earning's entry; None when its key has been used."""
    return open_entry(
        connection,
        earned.kind,
        earned.idem_key,
        earned.project_id,
        earned.ended_at,
        now,
        corrects_id=earned.corrects_id,
    )


def write_earning(connection: Connection, entry_id: int, earned: Earning) -> Accrued:
    """Write what was earned and owe it to the person, from escrow as far as that reaches."""
    connection.execute(
        _ADD_ACCRUAL,
        {
            "entry_id": entry_id,
            "person_id": earned.person_id,
            "project_id": earned.project_id,
            "activity": earned.activity,
            "started_at": earned.started_at,
            "ended_at": earned.ended_at,
            "paid_ms": earned.paid_ms,
            "rate_micros_per_hour": earned.rate_micros_per_hour,
            "currency": earned.currency,
            "amount_micros": earned.amount_micros,
            "annotation_id": earned.annotation_id,
            "basis": earned.basis,
            "quantity": earned.quantity,
            "unit_micros": earned.unit_micros,
        },
    )
    project, currency, amount = earned.project_id, earned.currency, earned.amount_micros
    if amount and earned.basis == ROYALTY:
        post(connection, entry_id, royalty(project, earned.person_id, currency, amount))
    elif amount:
        covered = draw(connection, project, currency, amount)
        post(connection, entry_id, earning(project, earned.person_id, currency, amount, covered))
    return Accrued(entry_id, amount)


def earned_before(connection: Connection, earned: Earning) -> Accrued:
    """Find what a used key earned; ConflictError when that was anything but this."""
    row = connection.execute(_FIND_ACCRUED, {"p_idem_key": earned.idem_key}).first()
    asked = (
        earned.kind,
        earned.person_id,
        earned.project_id,
        earned.activity,
        earned.basis,
        earned.paid_ms,
        earned.currency,
        earned.amount_micros,
    )
    if row is None or tuple(row)[1:] != asked:
        raise key_reused(earned.idem_key)
    return Accrued(row.id, row.amount_micros)


def _repay_guarantee(
    connection: Connection, project_id: int, currency: str, idem_key: str, now: Instant
) -> None:
    params = {"p_project_id": project_id, "p_currency": currency}
    advanced = int(connection.execute(_ADVANCED, params).scalar_one())
    if advanced <= 0:
        return
    entry_id = open_entry(connection, "repayment", idem_key, project_id, now, now)
    repaid = draw(connection, project_id, currency, advanced)
    if entry_id is not None and repaid:
        post(connection, entry_id, repayment(project_id, currency, repaid))
