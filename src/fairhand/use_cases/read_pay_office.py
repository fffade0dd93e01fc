"""What those who pay read: what is owed, escrow, periods, floors, and what a close would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.pay.floors import store as floors
from fairhand.pay.floors.rules import FloorRow, floor_for, hourly, is_active
from fairhand.pay.overview import store
from fairhand.pay.overview.store import EscrowRow, Owed, PeriodRow, PeriodStatement
from fairhand.pay.statement.rules import Earned, Payee, floored_work
from fairhand.pay.statement.store import load_earned, load_payee, people_to_settle
from fairhand.pay.top_up.rules import due_micros, top_ups
from fairhand.people.accounts import store as accounts
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class PayOffice:
    """The pay page."""

    owed: tuple[Owed, ...]
    escrows: tuple[EscrowRow, ...]
    periods: tuple[PeriodRow, ...]
    floors: tuple[FloorRow, ...]
    drafts: tuple[FloorRow, ...]


@dataclass(frozen=True, slots=True)
class WouldGet:
    """What a close would settle for one person in one currency.

    `floor_micros` is what the floor asks for the time that has one; `unfloored_ms` has none.
    """

    person_id: int
    display_name: str
    country: str
    currency: str
    paid_ms: int
    accrued_micros: int
    floor_micros: int
    top_up_minor: int
    unfloored_ms: int


def read_pay_office(db: Database) -> PayOffice:
    """Load the pay page: floors in force first, then those that nobody has approved."""
    with db.read() as connection:
        rows = floors.load_rows(connection)
        return PayOffice(
            tuple(store.list_owed(connection)),
            tuple(store.list_escrows(connection)),
            tuple(store.list_periods(connection)),
            tuple(row for row in rows if is_active(row)),
            tuple(row for row in rows if not is_active(row)),
        )


def read_period(db: Database, period_id: int) -> tuple[PeriodRow, list[PeriodStatement]]:
    """Load a period with its statements; raises NotFoundError."""
    with db.read() as connection:
        periods = [one for one in store.list_periods(connection) if one.id == period_id]
        if not periods:
            raise NotFoundError(f"There is no pay period {period_id}.")
        return periods[0], store.list_statements(connection, period_id)


def preview_close(db: Database, ends_at: Instant) -> list[WouldGet]:
    """Say who would get what if a period closed now; nothing is written.

    Time that is not accrued yet is not in it: a close accrues it first, so nobody gets less.
    """
    with db.read() as connection:
        names = {one.id: one.display_name for one, _ in accounts.list_people(connection)}
        found = [
            line
            for person_id in people_to_settle(connection, ends_at)
            for line in _preview(connection, person_id, ends_at, names)
        ]
    return sorted(found, key=lambda line: (line.display_name, line.person_id, line.currency))


def preview_own(db: Database, person_id: int, ends_at: Instant) -> list[WouldGet]:
    """Say what one person would get if a period closed now."""
    with db.read() as connection:
        return _preview(connection, person_id, ends_at, {})


def per_hour_minor(row: FloorRow) -> float | None:
    """Say what a wage row comes to for an hour, in minor units; None when it does not say."""
    exact = hourly(row)
    return None if exact is None else float(exact)


def _preview(
    connection: Connection, person_id: int, ends_at: Instant, names: Mapping[int, str]
) -> list[WouldGet]:
    payee = load_payee(connection, person_id)
    if payee is None:
        return []
    rows = floors.load_rows(connection, payee.country)
    earned = load_earned(
        connection,
        person_id,
        ends_at,
        lambda at: floor_for(rows, payee.country, payee.region, at),
    )
    name = names.get(person_id, "")
    return [
        _would_get(payee, name, currency, earned)
        for currency in sorted({one.currency for one in earned})
    ]


def _would_get(payee: Payee, name: str, currency: str, earned: list[Earned]) -> WouldGet:
    mine = [one for one in earned if one.currency == currency]
    work = floored_work(mine, currency)
    return WouldGet(
        person_id=payee.person_id,
        display_name=name,
        country=payee.country,
        currency=currency,
        paid_ms=sum(one.paid_ms for one in mine),
        accrued_micros=sum(one.amount_micros for one in mine),
        floor_micros=due_micros(work),
        top_up_minor=sum(top_ups(work).values()),
        unfloored_ms=sum(one.paid_ms for one in mine) - sum(part.paid_ms for part in work),
    )
