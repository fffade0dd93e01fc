"""SQL of one settled period: what each person got in each project, and what the floor asked."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    case,
    cast,
    column,
    func,
    or_,
    select,
    table,
)

from fairhand.pay.overview.period import Part
from fairhand.pay.top_up.rules import WORK
from fairhand.storage.tables.pay import accrual, period_entry

_project = table("project", column("id"), column("title"))
_IS_TOP_UP: Final = or_(accrual.c.activity == "top_up", accrual.c.basis == "top_up")
_IS_WORK: Final = and_(
    accrual.c.activity != "top_up",
    or_(
        accrual.c.basis.in_(sorted(WORK)),
        and_(accrual.c.basis == "correction", accrual.c.paid_ms > 0),
    ),
)
_FLOOR: Final = period_entry.c.floor_minor_per_hour


def _sum(amount: ColumnElement[int], only: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.sum(case((only, amount), else_=0)), BigInteger)


_PARTS = (
    select(
        accrual.c.person_id,
        accrual.c.project_id,
        _project.c.title,
        accrual.c.currency,
        cast(func.sum(accrual.c.paid_ms), BigInteger),
        _sum(accrual.c.amount_micros, _IS_WORK),
        _sum(accrual.c.amount_micros, and_(~_IS_WORK, ~_IS_TOP_UP)),
        _sum(accrual.c.amount_micros, _IS_TOP_UP),
        _sum(accrual.c.amount_micros, and_(_IS_WORK, _FLOOR.is_not(None))),
        _sum(accrual.c.paid_ms * func.coalesce(_FLOOR, 0), _IS_WORK),
        _sum(accrual.c.paid_ms, and_(_IS_WORK, _FLOOR.is_(None))),
    )
    .join_from(period_entry, accrual, accrual.c.entry_id == period_entry.c.entry_id)
    .join(_project, _project.c.id == accrual.c.project_id)
    .group_by(accrual.c.person_id, accrual.c.project_id, _project.c.title, accrual.c.currency)
    .order_by(accrual.c.person_id, accrual.c.project_id)
)


def load_parts(connection: Connection, period_id: int) -> list[Part]:
    """Load what people got in a period, by person, project and currency."""
    chosen = _PARTS.where(period_entry.c.period_id == period_id)
    return [Part(*row) for row in connection.execute(chosen)]
