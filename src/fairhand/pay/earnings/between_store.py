"""What a person was paid between two moments: read where one rate is held against another."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from fairhand.core.clock import Instant
from fairhand.storage.tables.pay import accrual

_BETWEEN = select(
    func.coalesce(func.sum(accrual.c.paid_ms), 0),
    func.coalesce(func.sum(accrual.c.amount_micros), 0),
).where(
    accrual.c.person_id == bindparam("p_person_id"),
    accrual.c.currency == bindparam("p_currency"),
    accrual.c.activity != "top_up",
    accrual.c.started_at >= bindparam("p_since"),
    accrual.c.started_at < bindparam("p_until"),
)
_ELSEWHERE = _BETWEEN.where(accrual.c.project_id != bindparam("p_project_id"))


@dataclass(frozen=True, slots=True)
class PaidBetween:
    """Paid milliseconds, and the micros that they came to."""

    ms: int
    micros: int


def paid_between(
    connection: Connection,
    person_id: int,
    currency: str,
    since: Instant,
    until: Instant,
    *,
    not_in: int | None = None,
) -> PaidBetween:
    """Sum a person's accruals that began in [since, until), guarantees aside."""
    found = {
        "p_person_id": person_id,
        "p_currency": currency,
        "p_since": since,
        "p_until": until,
    }
    if not_in is None:
        return PaidBetween(*map(int, connection.execute(_BETWEEN, found).one()))
    found["p_project_id"] = not_in
    return PaidBetween(*map(int, connection.execute(_ELSEWHERE, found).one()))
