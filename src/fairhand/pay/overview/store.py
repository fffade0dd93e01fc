"""SQL of the pay page: sums over everybody, read and never written."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, column, func, select, table

from fairhand.core.clock import Instant
from fairhand.storage.tables.pay import account, escrow, pay_period, posting, statement

_person = table("person", column("id"), column("display_name"), column("is_simulated"))
_project = table("project", column("id"), column("title"), column("mode"))
_PAYABLE = "payable:person:"


@dataclass(frozen=True, slots=True)
class Owed:
    """What one person could be paid now, in one currency."""

    person_id: int
    display_name: str
    is_simulated: bool
    currency: str
    payable_micros: int


@dataclass(frozen=True, slots=True)
class EscrowRow:
    """What one project has left."""

    project_id: int
    title: str
    mode: str
    currency: str
    left_micros: int


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
    """List what people are owed, by name; those who are owed nothing are left out."""
    rows = connection.execute(
        select(account.c.key, account.c.currency, func.sum(posting.c.amount_micros))
        .join_from(account, posting, posting.c.account_id == account.c.id)
        .where(account.c.key.startswith(_PAYABLE))
        .group_by(account.c.key, account.c.currency)
    )
    sums = {
        (int(key.removeprefix(_PAYABLE)), currency): int(micros) for key, currency, micros in rows
    }
    people = {row.id: row for row in connection.execute(select(_person))}
    found = [
        Owed(
            person_id,
            people[person_id].display_name,
            bool(people[person_id].is_simulated),
            currency,
            micros,
        )
        for (person_id, currency), micros in sums.items()
        if micros and person_id in people
    ]
    return sorted(found, key=lambda one: (one.display_name, one.person_id, one.currency))


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


def list_statements(connection: Connection, period_id: int) -> list[PeriodStatement]:
    """List the statements of a period by name."""
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
        .where(statement.c.period_id == period_id)
        .order_by(_person.c.display_name, statement.c.id)
    )
    return [PeriodStatement(*row) for row in rows]
