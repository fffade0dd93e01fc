"""SQL of one's own pay: earnings grouped as they are counted, and sums of each statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, column, exists, func, select, table

from fairhand.core.clock import Instant
from fairhand.storage.tables.pay import accrual, pay_period, period_entry, statement

_project = table("project", column("id"), column("title"))
_IS_SETTLED = exists().where(period_entry.c.entry_id == accrual.c.entry_id)
_BASIS = case((accrual.c.activity == "top_up", "top_up"), else_=accrual.c.basis)
_KIND = (
    accrual.c.currency,
    accrual.c.project_id,
    _project.c.title,
    _BASIS,
    accrual.c.activity,
    accrual.c.rate_micros_per_hour,
    accrual.c.unit_micros,
)
_GROUPS = (
    select(
        *_KIND,
        func.sum(accrual.c.paid_ms),
        func.sum(accrual.c.quantity),
        func.sum(accrual.c.amount_micros),
        func.count(),
        func.min(accrual.c.entry_id),
        func.max(accrual.c.entry_id),
        func.coalesce(func.sum(case((_IS_SETTLED, 0), else_=accrual.c.amount_micros)), 0),
    )
    .join_from(accrual, _project, _project.c.id == accrual.c.project_id)
    .where(accrual.c.person_id == bindparam("p_person_id"))
    .group_by(*_KIND)
    .order_by(*_KIND)
)
_STATEMENTS = (
    select(
        statement.c.id,
        statement.c.period_id,
        pay_period.c.starts_at,
        pay_period.c.ends_at,
        statement.c.currency,
        statement.c.floor_due_micros,
        statement.c.body,
        statement.c.sha256,
    )
    .join_from(statement, pay_period, pay_period.c.id == statement.c.period_id)
    .where(statement.c.person_id == bindparam("p_person_id"))
    .order_by(pay_period.c.ends_at.desc(), statement.c.currency)
)


@dataclass(frozen=True, slots=True)
class OwnGroup:
    """Earnings of one kind in one project at one rate; `waiting_micros` is not on a statement yet.

    The entries are those from `first` to `last` that are of this kind.
    """

    currency: str
    project_id: int
    project_title: str
    basis: str
    activity: str
    rate_micros_per_hour: int
    unit_micros: int | None
    paid_ms: int
    quantity: int | None
    amount_micros: int
    entries: int
    first: int
    last: int
    waiting_micros: int


@dataclass(frozen=True, slots=True)
class OwnStatement:
    """One statement of a person, with its text."""

    id: int
    period_id: int
    starts_at: Instant
    ends_at: Instant
    currency: str
    floor_due_micros: int | None
    body: str
    sha256: str


def list_groups(connection: Connection, person_id: int) -> list[OwnGroup]:
    """Group all that a person earned by project, kind and rate."""
    rows = connection.execute(_GROUPS, {"p_person_id": person_id})
    return [_group(*row) for row in rows]


def list_statements(connection: Connection, person_id: int) -> list[OwnStatement]:
    """Load all statements of a person, the newest period first."""
    rows = connection.execute(_STATEMENTS, {"p_person_id": person_id})
    return [OwnStatement(*row) for row in rows]


def _group(*row: Any) -> OwnGroup:  # noqa: ANN401  # one row, whose sums come as decimals
    *kind, paid_ms, quantity, amount, entries, first, last, waiting = row
    counted = None if quantity is None else int(quantity)
    sums = (int(paid_ms), counted, int(amount), int(entries), first, last, int(waiting))
    return OwnGroup(*[*kind, *sums])
