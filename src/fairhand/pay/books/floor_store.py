"""Sum up what everybody got in a period and what the floor asks, from what was settled."""

from __future__ import annotations

from sqlalchemy import Connection, and_, case, column, func, or_, select, table

from fairhand.pay.books.floor_proof import FlooredPay
from fairhand.storage.tables.pay import accrual, period_entry

_person = table("person", column("id"), column("is_simulated"))
_IS_TOP_UP = accrual.c.activity == "top_up"
_IS_WORK = and_(
    ~_IS_TOP_UP,
    or_(
        accrual.c.basis.in_(("time", "piece", "audio")),
        and_(accrual.c.basis == "correction", accrual.c.paid_ms > 0),
    ),
)
_FLOOR = period_entry.c.floor_minor_per_hour


def load_floored_pay(connection: Connection, period_id: int) -> list[FlooredPay]:
    """Load one row for each person, project and currency that was settled in a period.

    Work without a known floor is kept apart: its pay does not help where there is one.
    """
    known = and_(_IS_WORK, _FLOOR.is_not(None))
    got = case((or_(_IS_TOP_UP, known), accrual.c.amount_micros), else_=0)
    due = case((known, _FLOOR * accrual.c.paid_ms), else_=0)
    paid = case((_IS_WORK, accrual.c.paid_ms), else_=0)
    bare = case((and_(_IS_WORK, _FLOOR.is_(None)), accrual.c.paid_ms), else_=0)
    rows = connection.execute(
        select(
            accrual.c.person_id,
            accrual.c.project_id,
            accrual.c.currency,
            _person.c.is_simulated,
            *(func.sum(part) for part in (got, due, paid, bare)),
        )
        .join_from(period_entry, accrual, accrual.c.entry_id == period_entry.c.entry_id)
        .join(_person, _person.c.id == accrual.c.person_id)
        .where(period_entry.c.period_id == period_id)
        .group_by(
            accrual.c.person_id,
            accrual.c.project_id,
            accrual.c.currency,
            _person.c.is_simulated,
        )
    )
    return [
        FlooredPay(who, where, currency, bool(simulated), *(int(part) for part in parts))
        for who, where, currency, simulated, *parts in rows
    ]
