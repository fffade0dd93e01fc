"""SQL of the pay page: sums over everybody, read and never written."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    column,
    exists,
    func,
    literal_column,
    select,
    table,
)

from fairhand.core.chunks import chunks
from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.core.money import MICROS
from fairhand.pay.ledger.rules import owner_key
from fairhand.storage.tables.pay import (
    account,
    accrual,
    escrow,
    pay_period,
    period_entry,
    person_clock,
    posting,
    statement,
)
from fairhand.storage.tables.pay_office import payout

_person = table("person", column("id"), column("display_name"), column("is_simulated"))
_project = table(
    "project",
    column("id"),
    column("title"),
    column("mode"),
    column("currency"),
    column("rate_micros_per_hour"),
)
_PAYABLE = "payable:person:"
_AMOUNT = accrual.c.amount_micros
# Whole days by integer division in both engines; a constant, so that grouping sees one expression.
_DAY = literal_column(f"accrual.ended_at / {DAY_MS}", BigInteger)
_UNSETTLED: Select[Any] = (
    select(accrual.c.person_id, accrual.c.currency, func.sum(_AMOUNT))
    .where(~exists().where(period_entry.c.entry_id == accrual.c.entry_id))
    .group_by(accrual.c.person_id, accrual.c.currency)
)
_PENDING: Select[Any] = (
    select(
        person_clock.c.person_id,
        _project.c.currency,
        func.sum(person_clock.c.pending_ms * _project.c.rate_micros_per_hour),
    )
    .join_from(person_clock, _project, _project.c.id == person_clock.c.project_id)
    .where(person_clock.c.pending_ms > 0)
    .group_by(person_clock.c.person_id, _project.c.currency)
)
_IN_PAYOUT: Select[Any] = (
    select(payout.c.person_id, payout.c.currency, func.sum(payout.c.amount_minor))
    .where(payout.c.state.in_(("pending", "sent")))
    .group_by(payout.c.person_id, payout.c.currency)
)


@dataclass(frozen=True, slots=True)
class Owed:
    """What one person has coming at this instant, in one currency; micros.

    `payable_micros` is what the books owe; of that, `unsettled_micros` is in no statement yet.
    `pending_micros` is for time whose accrual is still to come, and `in_payout_micros` is in a
    payout that is not confirmed: neither is in `payable_micros`.
    """

    person_id: int
    display_name: str
    is_simulated: bool
    currency: str
    payable_micros: int
    unsettled_micros: int = 0
    pending_micros: int = 0
    in_payout_micros: int = 0

    @property
    def micros(self) -> int:
        """All of it."""
        return self.payable_micros + self.pending_micros + self.in_payout_micros


@dataclass(frozen=True, slots=True)
class EscrowRow:
    """What one project has left."""

    project_id: int
    title: str
    mode: str
    currency: str
    left_micros: int


@dataclass(frozen=True, slots=True)
class DaySpend:
    """What was earned in one project on one UTC day, top-ups included; micros."""

    project_id: int
    title: str
    currency: str
    day: Instant
    micros: int


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A pay period and how many statements it has."""

    id: int
    starts_at: Instant
    ends_at: Instant
    closed_at: Instant | None
    statements: int


@dataclass(frozen=True, slots=True)
class PeriodStatement:
    """One statement of a period, for those who pay."""

    id: int
    period_id: int
    person_id: int
    display_name: str
    currency: str
    paid_ms: int
    accrued_micros: int
    top_up_micros: int


def list_owed(connection: Connection) -> list[Owed]:
    """List what people have coming, by name; whoever has nothing coming is left out."""
    payable, unsettled = _payable(connection), _sums(connection, _UNSETTLED)
    pending, in_payout = _sums(connection, _PENDING), _sums(connection, _IN_PAYOUT)
    people = {row.id: row for row in connection.execute(select(_person))}
    found = [
        Owed(
            person_id,
            people[person_id].display_name,
            bool(people[person_id].is_simulated),
            currency,
            payable.get((person_id, currency), 0),
            unsettled.get((person_id, currency), 0),
            pending.get((person_id, currency), 0) // HOUR_MS,
            in_payout.get((person_id, currency), 0) * MICROS,
        )
        for person_id, currency in {*payable, *pending, *in_payout}
        if person_id in people
    ]
    return sorted(
        (one for one in found if one.micros),
        key=lambda one: (one.display_name, one.person_id, one.currency),
    )


def _payable(connection: Connection) -> dict[tuple[int, str], int]:
    rows = connection.execute(
        select(account.c.key, account.c.currency, func.sum(posting.c.amount_micros))
        .join_from(account, posting, posting.c.account_id == account.c.id)
        .where(account.c.key.startswith(_PAYABLE))
        .group_by(account.c.key, account.c.currency)
    )
    return {
        (int(key.removeprefix(_PAYABLE)), currency): int(micros) for key, currency, micros in rows
    }


def _sums(connection: Connection, chosen: Select[Any]) -> dict[tuple[int, str], int]:
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(chosen)}


def list_spend(connection: Connection, since: Instant) -> list[DaySpend]:
    """Sum what was earned since an instant, by project and UTC day, oldest first."""
    rows = connection.execute(
        select(_project.c.id, _project.c.title, accrual.c.currency, _DAY, func.sum(_AMOUNT))
        .join_from(accrual, _project, _project.c.id == accrual.c.project_id)
        .where(accrual.c.ended_at >= since)
        .group_by(_project.c.id, _project.c.title, accrual.c.currency, _DAY)
        .order_by(_DAY, _project.c.id)
    )
    return [
        DaySpend(project, title, currency, Instant(int(number) * DAY_MS), int(micros))
        for project, title, currency, number, micros in rows
    ]


def load_names(connection: Connection, people: Iterable[int]) -> dict[int, str]:
    """Load what people are called."""
    return {
        row.id: row.display_name
        for some in chunks(people, 400)
        for row in connection.execute(select(_person).where(_person.c.id.in_(some)))
    }


def fundings_of(connection: Connection, projects: Collection[int]) -> dict[int, tuple[int, int]]:
    """Say how often each of these projects was funded or paid back to, and with how much."""
    found: dict[int, tuple[int, int]] = {}
    for some in chunks(projects, 400):
        named = {owner_key(one): one for one in some}
        rows = connection.execute(
            select(account.c.key, func.count(), -func.sum(posting.c.amount_micros))
            .join_from(account, posting, posting.c.account_id == account.c.id)
            .where(account.c.key.in_(list(named)))
            .group_by(account.c.key)
        )
        found |= {named[key]: (int(times), int(whole)) for key, times, whole in rows}
    return found


def list_escrows(connection: Connection) -> list[EscrowRow]:
    """List what every project has left, the emptiest first."""
    rows = connection.execute(
        select(
            _project.c.id,
            _project.c.title,
            _project.c.mode,
            escrow.c.currency,
            escrow.c.left_micros,
        )
        .join_from(_project, escrow, escrow.c.project_id == _project.c.id)
        .order_by(escrow.c.left_micros, _project.c.id)
    )
    return [EscrowRow(*row) for row in rows]


def list_periods(connection: Connection) -> list[PeriodRow]:
    """List the pay periods, newest first."""
    rows = connection.execute(
        select(
            pay_period.c.id,
            pay_period.c.starts_at,
            pay_period.c.ends_at,
            pay_period.c.closed_at,
            func.count(statement.c.id),
        )
        .join_from(pay_period, statement, statement.c.period_id == pay_period.c.id, isouter=True)
        .group_by(pay_period.c.id)
        .order_by(pay_period.c.ends_at.desc())
    )
    return [PeriodRow(*row) for row in rows]


def list_statements(
    connection: Connection, period_id: int, *, after: int = 0, limit: int | None = None
) -> list[PeriodStatement]:
    """List the statements of a period in the order in which they were made, from one on."""
    rows = connection.execute(
        select(
            statement.c.id,
            statement.c.period_id,
            statement.c.person_id,
            _person.c.display_name,
            statement.c.currency,
            statement.c.paid_ms,
            statement.c.accrued_micros,
            statement.c.top_up_micros,
        )
        .join_from(statement, _person, _person.c.id == statement.c.person_id)
        .where(statement.c.period_id == period_id, statement.c.id > after)
        .order_by(statement.c.id)
        .limit(limit)
    )
    return [PeriodStatement(*row) for row in rows]
