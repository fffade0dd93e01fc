"""Checks that anybody may run at any time: the ledger balances, and caches say what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, column, exists, func, select, table

from fairhand.pay.ledger.rules import escrow_key, payable_key
from fairhand.pay.paid_time.rules import TimeEvent, total_paid_ms
from fairhand.storage.tables.pay import account, accrual, escrow, person_clock, posting, time_event

_annotation = table("annotation", column("id"))


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """Counts of what must never be; all zero when the books are right."""

    unbalanced_entries: int
    escrow_below_zero: int
    escrow_cache_wrong: int
    accruals_not_payable: int
    annotations_without_accrual: int

    @property
    def is_right(self) -> bool:
        """True when every count is zero."""
        return not (
            self.unbalanced_entries
            or self.escrow_below_zero
            or self.escrow_cache_wrong
            or self.accruals_not_payable
            or self.annotations_without_accrual
        )


def load_ledger_check(connection: Connection) -> LedgerCheck:
    """Check the whole books: balances, escrow, what is owed, and that every annotation is paid."""
    unbalanced = (
        select(posting.c.entry_id)
        .group_by(posting.c.entry_id, posting.c.currency)
        .having(func.sum(posting.c.amount_micros) != 0)
    )
    unpaid = select(_annotation.c.id).where(
        ~exists().where(accrual.c.annotation_id == _annotation.c.id)
    )
    held = _balances(connection, "escrow:project")
    cached = {
        (escrow_key(row.project_id), row.currency): row.left_micros
        for row in connection.execute(select(escrow))
    }
    return LedgerCheck(
        unbalanced_entries=_count(connection, unbalanced),
        escrow_below_zero=sum(1 for value in held.values() if value < 0),
        escrow_cache_wrong=_differences(held, cached),
        accruals_not_payable=_wrong_payables(connection),
        annotations_without_accrual=_count(connection, unpaid),
    )


def check_clock(connection: Connection, person_id: int) -> int:
    """Replay a person's events: milliseconds by which accruals and pending time are off (0: right).

    Top-ups have no time of their own and do not count here.
    """
    events = connection.execute(
        select(
            time_event.c.project_id, time_event.c.kind, time_event.c.at, time_event.c.idle_cap_ms
        )
        .where(time_event.c.person_id == person_id)
        .order_by(time_event.c.id)
    )
    truth = total_paid_ms(TimeEvent(*row) for row in events)
    accrued = select(func.coalesce(func.sum(accrual.c.paid_ms), 0)).where(
        accrual.c.person_id == person_id
    )
    pending = select(person_clock.c.pending_ms).where(person_clock.c.person_id == person_id)
    known = connection.execute(accrued).scalar_one() + (connection.execute(pending).scalar() or 0)
    return int(known) - truth


def _count(connection: Connection, chosen: Select[Any]) -> int:
    return int(connection.execute(select(func.count()).select_from(chosen.subquery())).scalar_one())


def _balances(connection: Connection, of_whom: str) -> dict[tuple[str, str], int]:
    rows = connection.execute(
        select(account.c.key, account.c.currency, func.sum(posting.c.amount_micros))
        .join_from(posting, account, account.c.id == posting.c.account_id)
        .where(account.c.key.like(f"{of_whom}:%"))
        .group_by(account.c.key, account.c.currency)
    )
    return {(key, currency): int(total) for key, currency, total in rows}


def _wrong_payables(connection: Connection) -> int:
    """Count people and currencies to whom not exactly what they earned was credited."""
    credited = {
        (key, currency): int(total)
        for key, currency, total in connection.execute(
            select(account.c.key, account.c.currency, func.sum(posting.c.amount_micros))
            .join_from(posting, account, account.c.id == posting.c.account_id)
            .join(accrual, accrual.c.entry_id == posting.c.entry_id)
            .where(account.c.key.like("payable:person:%"))
            .group_by(account.c.key, account.c.currency)
        )
    }
    earned = {
        (payable_key(person_id), currency): int(total)
        for person_id, currency, total in connection.execute(
            select(
                accrual.c.person_id, accrual.c.currency, func.sum(accrual.c.amount_micros)
            ).group_by(accrual.c.person_id, accrual.c.currency)
        )
    }
    return _differences(credited, earned)


def _differences(some: Mapping[Any, int], others: Mapping[Any, int]) -> int:
    return sum(1 for key in some.keys() | others.keys() if some.get(key, 0) != others.get(key, 0))
