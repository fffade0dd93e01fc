"""Checks that anybody may run at any time: the ledger balances, and caches say what it says.

The counts are the invariants of a ledger, each recomputed from rows that are never edited.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Select, column, exists, func, select, table, text

from fairhand.pay.audit import payout_store
from fairhand.pay.audit.payout_store import balances, differences
from fairhand.pay.ledger.rules import escrow_key, payable_key
from fairhand.pay.paid_time.rules import TimeEvent, total_paid_ms
from fairhand.storage.tables import pay, pay_office
from fairhand.storage.tables.pay import (
    account,
    accrual,
    entry,
    escrow,
    person_clock,
    posting,
    statement,
    time_event,
)

_annotation = table("annotation", column("id"))


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """Counts of what must never be; all zero when the books are right."""

    unbalanced_entries: int
    lines_of_another_currency: int
    entries_without_lines: int
    keys_used_twice: int
    escrow_below_zero: int
    escrow_cache_wrong: int
    accruals_not_payable: int
    accrued_not_payable_or_paid: int
    people_below_zero: int
    clearing_not_on_its_way: int
    payouts_resolved_twice: int
    batches_with_wrong_totals: int
    exchanges_without_rate: int
    annotations_without_accrual: int
    statements_altered: int
    tables_that_can_be_edited: int

    @property
    def is_right(self) -> bool:
        """True when every count is zero."""
        return not any(getattr(self, one.name) for one in fields(self))


def load_ledger_check(connection: Connection) -> LedgerCheck:
    """Check the whole books: balances, escrow, what is owed and paid, and every annotation."""
    held = balances(connection, "escrow:project")
    return LedgerCheck(
        unbalanced_entries=_unbalanced(connection),
        lines_of_another_currency=_count(
            connection,
            select(posting.c.entry_id)
            .join(account, account.c.id == posting.c.account_id)
            .where(account.c.currency != posting.c.currency),
        ),
        entries_without_lines=_empty(connection),
        keys_used_twice=_count(
            connection,
            select(entry.c.idem_key).group_by(entry.c.idem_key).having(func.count() > 1),
        ),
        escrow_below_zero=sum(1 for value in held.values() if value < 0),
        escrow_cache_wrong=differences(held, _escrow_cache(connection)),
        accruals_not_payable=_wrong_payables(connection),
        accrued_not_payable_or_paid=payout_store.wrong_people(connection),
        people_below_zero=payout_store.people_below_zero(connection),
        clearing_not_on_its_way=payout_store.wrong_clearing(connection),
        payouts_resolved_twice=payout_store.resolved_twice(connection),
        batches_with_wrong_totals=payout_store.wrong_batches(connection),
        exchanges_without_rate=payout_store.exchanges_without_rate(connection),
        annotations_without_accrual=_unpaid(connection),
        statements_altered=_altered(connection),
        tables_that_can_be_edited=_unguarded(connection),
    )


def check_clock(connection: Connection, person_id: int) -> int:
    """Replay a person's events: milliseconds by which accruals and pending time are off (0: right).

    Top-ups have no time of their own, and time that a correction adds is in no event: neither
    counts here.
    """
    events = connection.execute(
        select(
            time_event.c.project_id,
            time_event.c.kind,
            time_event.c.at,
            time_event.c.idle_cap_ms,
            time_event.c.worked_ms,
            time_event.c.activity,
        )
        .where(time_event.c.person_id == person_id)
        .order_by(time_event.c.id)
    )
    truth = total_paid_ms(TimeEvent(*row) for row in events)
    accrued = select(func.coalesce(func.sum(accrual.c.paid_ms), 0)).where(
        accrual.c.person_id == person_id, accrual.c.basis != "correction"
    )
    pending = select(person_clock.c.pending_ms).where(person_clock.c.person_id == person_id)
    known = connection.execute(accrued).scalar_one() + (connection.execute(pending).scalar() or 0)
    return int(known) - truth


def _count(connection: Connection, chosen: Select[Any]) -> int:
    return int(connection.execute(select(func.count()).select_from(chosen.subquery())).scalar_one())


def _unbalanced(connection: Connection) -> int:
    sums = (
        select(posting.c.entry_id)
        .group_by(posting.c.entry_id, posting.c.currency)
        .having(func.sum(posting.c.amount_micros) != 0)
    )
    return _count(connection, sums)


def _empty(connection: Connection) -> int:
    """An entry moves money, or says that a stretch of time earned nothing."""
    moved = exists().where(posting.c.entry_id == entry.c.id)
    nothing = exists().where(accrual.c.entry_id == entry.c.id, accrual.c.amount_micros == 0)
    return _count(connection, select(entry.c.id).where(~moved, ~nothing))


def _escrow_cache(connection: Connection) -> dict[tuple[str, str], int]:
    return {
        (escrow_key(row.project_id), row.currency): row.left_micros
        for row in connection.execute(select(escrow))
    }


def _unpaid(connection: Connection) -> int:
    paid = exists().where(accrual.c.annotation_id == _annotation.c.id)
    return _count(connection, select(_annotation.c.id).where(~paid))


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
    return differences(credited, earned)


def _altered(connection: Connection) -> int:
    """Count statements whose text is not the one that their SHA-256 names."""
    rows = connection.execution_options(yield_per=500).execute(
        select(statement.c.body, statement.c.sha256)
    )
    return sum(hashlib.sha256(body.encode()).hexdigest() != name for body, name in rows)


def _unguarded(connection: Connection) -> int:
    """Count tables of the books that would take an UPDATE or a DELETE."""
    tables = [one.name for one in (*pay.APPEND_ONLY, *pay_office.APPEND_ONLY)]
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        wanted = {name: {f"{name}_no_update", f"{name}_no_delete"} for name in tables}
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
        wanted = {name: {f"{name}_append_only"} for name in tables}
    there = set(connection.execute(text(query)).scalars())
    return sum(1 for triggers in wanted.values() if not triggers <= there)
