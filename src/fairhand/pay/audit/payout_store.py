"""Checks of money that leaves: clearing, payouts, batches, exchanges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, case, distinct, exists, func, or_, select

from fairhand.core.money import MICROS
from fairhand.pay.ledger.rules import CLEARING, FX, payable_key
from fairhand.storage.tables.pay import account, accrual, posting
from fairhand.storage.tables.pay_office import pay_note, payout, payout_batch, payout_event

Sums = dict[tuple[str, str], int]

_ON_ITS_WAY = ("pending", "sent")
_ENDS = ("confirmed", "cancelled")


def wrong_clearing(connection: Connection) -> int:
    """Count currencies in which clearing does not hold what is on its way."""
    held = select(posting.c.currency, func.sum(posting.c.amount_micros)).join(
        account, account.c.id == posting.c.account_id
    )
    held = held.where(account.c.key == CLEARING).group_by(posting.c.currency)
    ours = {currency: int(total) for currency, total in connection.execute(held)}
    sent: dict[str, int] = defaultdict(int)
    for (_, currency), micros in _on_its_way(connection).items():
        sent[currency] += micros
    return differences(ours, sent)


def wrong_people(connection: Connection) -> int:
    """Count people and currencies with accrued other than payable + on its way + paid.

    An exchange of currencies moves what is owed to a person: it is counted on both sides.
    """
    accrued = {
        (payable_key(person), currency): int(total)
        for person, currency, total in connection.execute(
            select(
                accrual.c.person_id, accrual.c.currency, func.sum(accrual.c.amount_micros)
            ).group_by(accrual.c.person_id, accrual.c.currency)
        )
    }
    for place, micros in _exchanged(connection).items():
        accrued[place] = accrued.get(place, 0) + micros
    held = balances(connection, "payable:person")
    for (key, currency), micros in balances(connection, "paid:person").items():
        place = (payable_key(int(key.rpartition(":")[2])), currency)
        held[place] = held.get(place, 0) + micros
    for (person, currency), micros in _on_its_way(connection).items():
        place = (payable_key(person), currency)
        held[place] = held.get(place, 0) + micros
    return differences(accrued, held)


def people_below_zero(connection: Connection) -> int:
    """Count accounts of people that stand below zero."""
    accounts = {
        **balances(connection, "payable:person"),
        **balances(connection, "paid:person"),
    }
    return sum(1 for micros in accounts.values() if micros < 0)


def resolved_twice(connection: Connection) -> int:
    """Count payouts that came to one end more than once, or to two ends that exclude each other."""
    ends = (
        select(
            payout_event.c.payout_id,
            func.sum(case((payout_event.c.state.in_(_ENDS), 1), else_=0)).label("ends"),
            func.sum(case((payout_event.c.state == "returned", 1), else_=0)).label("returns"),
        )
        .group_by(payout_event.c.payout_id)
        .subquery()
    )
    return _count(
        connection,
        select(ends.c.payout_id).where(or_(ends.c.ends > 1, ends.c.returns > 1)),
    )


def wrong_batches(connection: Connection) -> int:
    """Count batches whose control total or number is not that of their payouts."""
    sums = (
        select(
            payout.c.batch_id,
            func.count().label("payouts"),
            func.sum(payout.c.amount_minor).label("minor"),
        )
        .group_by(payout.c.batch_id)
        .subquery()
    )
    wrong = (
        select(payout_batch.c.id)
        .outerjoin(sums, sums.c.batch_id == payout_batch.c.id)
        .where(
            or_(
                payout_batch.c.payouts != func.coalesce(sums.c.payouts, 0),
                payout_batch.c.control_minor != func.coalesce(sums.c.minor, 0),
            )
        )
    )
    return _count(connection, wrong)


def exchanges_without_rate(connection: Connection) -> int:
    """Count entries through `equity:fx` that do not exchange two currencies, or do not say how."""
    legs = (
        select(posting.c.entry_id, func.count(distinct(posting.c.currency)).label("currencies"))
        .join(account, account.c.id == posting.c.account_id)
        .where(account.c.key == FX)
        .group_by(posting.c.entry_id)
        .subquery()
    )
    has_note = exists().where(pay_note.c.entry_id == legs.c.entry_id)
    return _count(connection, select(legs.c.entry_id).where(or_(legs.c.currencies != 2, ~has_note)))


def balances(connection: Connection, of_whom: str) -> Sums:
    """Sum the accounts whose names begin so."""
    rows = connection.execute(
        select(account.c.key, account.c.currency, func.sum(posting.c.amount_micros))
        .join_from(posting, account, account.c.id == posting.c.account_id)
        .where(account.c.key.like(f"{of_whom}:%"))
        .group_by(account.c.key, account.c.currency)
    )
    return {(key, currency): int(total) for key, currency, total in rows}


def differences(some: Mapping[Any, int], others: Mapping[Any, int]) -> int:
    """Count the keys under which two books do not say the same; a missing one says 0."""
    return sum(1 for key in some.keys() | others.keys() if some.get(key, 0) != others.get(key, 0))


def _on_its_way(connection: Connection) -> dict[tuple[int, str], int]:
    rows = connection.execute(
        select(payout.c.person_id, payout.c.currency, func.sum(payout.c.amount_minor))
        .where(payout.c.state.in_(_ON_ITS_WAY))
        .group_by(payout.c.person_id, payout.c.currency)
    )
    return {(person, currency): int(minor) * MICROS for person, currency, minor in rows}


def _exchanged(connection: Connection) -> Sums:
    fx_entries = (
        select(posting.c.entry_id)
        .join(account, account.c.id == posting.c.account_id)
        .where(account.c.key == FX)
    )
    rows = connection.execute(
        select(account.c.key, account.c.currency, func.sum(posting.c.amount_micros))
        .join_from(posting, account, account.c.id == posting.c.account_id)
        .where(account.c.key.like("payable:person:%"), posting.c.entry_id.in_(fx_entries))
        .group_by(account.c.key, account.c.currency)
    )
    return {(key, currency): int(total) for key, currency, total in rows}


def _count(connection: Connection, chosen: Select[tuple[int]]) -> int:
    return int(connection.execute(select(func.count()).select_from(chosen.subquery())).scalar_one())
