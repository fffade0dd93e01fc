"""Reads about pay: a person's earnings, a project's cost, a release's pay facts, the check."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    table,
)

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS, Money, micros_for
from fairhand.pay.ledger.rules import GUARANTEE, escrow_key, owner_key, payable_key
from fairhand.pay.top_up.rules import WORK
from fairhand.storage.tables.pay import (
    account,
    accrual,
    entry,
    pay_period,
    period_entry,
    person_clock,
    posting,
    statement,
)

_project = table("project", column("id"), column("title"), column("currency"))
_IS_SETTLED = exists().where(period_entry.c.entry_id == accrual.c.entry_id)
_IS_TOP_UP = accrual.c.activity == "top_up"
_COUNTS = and_(
    accrual.c.activity != "top_up",
    or_(
        accrual.c.basis.in_(sorted(WORK)),
        and_(accrual.c.basis == "correction", accrual.c.paid_ms > 0),
    ),
)


@dataclass(frozen=True, slots=True)
class EarningsLine:
    """What a person earned in one project by one activity."""

    project_id: int
    project_title: str
    activity: str
    currency: str
    paid_ms: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class CurrencyEarnings:
    """What a person earned, is still to be settled, and is owed, in one currency."""

    currency: str
    paid_ms: int
    accrued_micros: int
    top_up_micros: int
    unsettled_micros: int
    payable_micros: int


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One statement in a list."""

    id: int
    period_id: int
    starts_at: Instant
    ends_at: Instant
    currency: str
    paid_ms: int
    accrued_micros: int
    top_up_micros: int
    floor_due_micros: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Earnings:
    """A person's earnings page; `pending_ms` is time whose accrual is still to come."""

    pending_ms: int
    currencies: tuple[CurrencyEarnings, ...]
    lines: tuple[EarningsLine, ...]
    statements: tuple[StatementRow, ...]


@dataclass(frozen=True, slots=True)
class StatementDocument:
    """A statement as it was written."""

    id: int
    person_id: int
    body: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ProjectCost:
    """What a project was funded with, spent and has left."""

    currency: str
    funded_micros: int
    left_micros: int
    accrued_micros: int
    top_up_micros: int
    guarantee_micros: int
    paid_ms: int
    people: int
    paid_annotations: int


@dataclass(frozen=True, slots=True)
class PersonPay:
    """What one person's time in one project came to.

    `floor_micros` is what the floor asks for that time, rounded up; None while any of it is not
    settled or had no known floor. What was earned includes the top-up, and nothing that does not
    count for the floor (premiums, overtime, expenses, royalties).
    """

    person_id: int
    paid_ms: int
    amount_micros: int
    top_up_micros: int
    floor_micros: int | None


def load_earnings(connection: Connection, person_id: int) -> Earnings:
    """Load what a person sees about their pay."""
    pending = select(person_clock.c.pending_ms).where(person_clock.c.person_id == person_id)
    return Earnings(
        pending_ms=int(connection.execute(pending).scalar() or 0),
        currencies=tuple(_currencies(connection, person_id)),
        lines=tuple(_lines(connection, person_id)),
        statements=tuple(_statements(connection, person_id)),
    )


def load_statement(connection: Connection, statement_id: int) -> StatementDocument | None:
    """Load a statement's text; the door checks whose it is."""
    chosen = select(
        statement.c.id, statement.c.person_id, statement.c.body, statement.c.sha256
    ).where(statement.c.id == statement_id)
    row = connection.execute(chosen).first()
    return None if row is None else StatementDocument(*row)


def project_currency(connection: Connection, project_id: int) -> str | None:
    """Find the currency in which a project pays."""
    chosen = select(_project.c.currency).where(_project.c.id == project_id)
    found = connection.execute(chosen).scalar_one_or_none()
    return None if found is None else str(found)


def project_cost(connection: Connection, project_id: int) -> ProjectCost | None:
    """Load what a project cost so far; None when there is no such project."""
    currency = project_currency(connection, project_id)
    if currency is None:
        return None
    sums = connection.execute(
        select(
            _sum(accrual.c.amount_micros, ~_IS_TOP_UP),
            _sum(accrual.c.amount_micros, _IS_TOP_UP),
            func.coalesce(func.sum(accrual.c.paid_ms), 0),
            func.count(accrual.c.person_id.distinct()),
            func.count(accrual.c.annotation_id),
        ).where(accrual.c.project_id == project_id)
    ).one()
    accrued, top_up, paid_ms, people, annotations = (int(value) for value in sums)
    return ProjectCost(
        currency=currency,
        funded_micros=-_balance(connection, owner_key(project_id), project_id),
        left_micros=_balance(connection, escrow_key(project_id), project_id),
        accrued_micros=accrued,
        top_up_micros=top_up,
        guarantee_micros=-_balance(connection, GUARANTEE, project_id),
        paid_ms=paid_ms,
        people=people,
        paid_annotations=annotations,
    )


def pay_facts(connection: Connection, project_id: int) -> list[PersonPay]:
    """Load what each person's time in a project earned, and what the floor asked for it."""
    with_floor = period_entry.c.floor_minor_per_hour
    rows = connection.execute(
        select(
            accrual.c.person_id,
            func.sum(accrual.c.paid_ms),
            _sum(accrual.c.amount_micros, _COUNTS | _IS_TOP_UP),
            _sum(accrual.c.amount_micros, _IS_TOP_UP),
            _sum(literal(1), with_floor.is_(None) & _COUNTS),
            _sum(accrual.c.paid_ms * func.coalesce(with_floor, 0), _COUNTS),
        )
        .join_from(
            accrual, period_entry, period_entry.c.entry_id == accrual.c.entry_id, isouter=True
        )
        .join(_project, _project.c.id == accrual.c.project_id)
        .where(accrual.c.project_id == project_id, accrual.c.currency == _project.c.currency)
        .group_by(accrual.c.person_id)
        .order_by(accrual.c.person_id)
    )
    return [
        PersonPay(
            person_id,
            paid_ms=int(paid_ms),
            amount_micros=int(amount),
            top_up_micros=int(top_up),
            floor_micros=None if unknown else micros_for(MICROS, int(floor_ms)),
        )
        for person_id, paid_ms, amount, top_up, unknown, floor_ms in rows
    ]


def owed_now(connection: Connection, person_id: int, currency: str) -> Money:
    """Whole minor units that a person could be paid now."""
    micros = _balance(connection, payable_key(person_id), None, currency)
    return Money(micros // MICROS, currency)


def _sum(amount: ColumnElement[int], only: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((only, amount), else_=0)), 0)


def _balance(
    connection: Connection, key: str, project_id: int | None, currency: str | None = None
) -> int:
    chosen = (
        select(func.coalesce(func.sum(posting.c.amount_micros), 0))
        .join_from(posting, account, account.c.id == posting.c.account_id)
        .where(account.c.key == key)
    )
    if project_id is not None:
        chosen = chosen.join(entry, entry.c.id == posting.c.entry_id).where(
            entry.c.project_id == project_id
        )
    if currency is not None:
        chosen = chosen.where(account.c.currency == currency)
    return int(connection.execute(chosen).scalar_one())


def _currencies(connection: Connection, person_id: int) -> list[CurrencyEarnings]:
    rows = connection.execute(
        select(
            accrual.c.currency,
            func.sum(accrual.c.paid_ms).label("paid_ms"),
            _sum(accrual.c.amount_micros, ~_IS_TOP_UP).label("accrued"),
            _sum(accrual.c.amount_micros, _IS_TOP_UP).label("top_up"),
            _sum(accrual.c.amount_micros, ~_IS_SETTLED).label("unsettled"),
        )
        .where(accrual.c.person_id == person_id)
        .group_by(accrual.c.currency)
        .order_by(accrual.c.currency)
    ).all()
    payable = payable_key(person_id)
    return [
        CurrencyEarnings(
            currency=row.currency,
            paid_ms=int(row.paid_ms),
            accrued_micros=int(row.accrued),
            top_up_micros=int(row.top_up),
            unsettled_micros=int(row.unsettled),
            payable_micros=_balance(connection, payable, None, row.currency),
        )
        for row in rows
    ]


def _lines(connection: Connection, person_id: int) -> list[EarningsLine]:
    rows = connection.execute(
        select(
            accrual.c.project_id,
            _project.c.title,
            accrual.c.activity,
            accrual.c.currency,
            func.sum(accrual.c.paid_ms),
            func.sum(accrual.c.amount_micros),
        )
        .join_from(accrual, _project, _project.c.id == accrual.c.project_id)
        .where(accrual.c.person_id == person_id)
        .group_by(accrual.c.project_id, _project.c.title, accrual.c.activity, accrual.c.currency)
        .order_by(accrual.c.project_id, accrual.c.activity)
    )
    return [
        EarningsLine(project, title, activity, currency, int(paid_ms), int(amount))
        for project, title, activity, currency, paid_ms, amount in rows
    ]


def _statements(connection: Connection, person_id: int) -> list[StatementRow]:
    rows = connection.execute(
        select(
            statement.c.id,
            statement.c.period_id,
            pay_period.c.starts_at,
            pay_period.c.ends_at,
            statement.c.currency,
            statement.c.paid_ms,
            statement.c.accrued_micros,
            statement.c.top_up_micros,
            statement.c.floor_due_micros,
            statement.c.sha256,
        )
        .join_from(statement, pay_period, pay_period.c.id == statement.c.period_id)
        .where(statement.c.person_id == person_id)
        .order_by(pay_period.c.ends_at.desc(), statement.c.currency)
    )
    return [StatementRow(**row) for row in rows.mappings()]
