"""What a submit and a skip share: the time before them is paid in their transaction."""

from __future__ import annotations

from typing import Any, Literal

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS, Money
from fairhand.pay import store as pay
from fairhand.storage.database import Connection
from fairhand.work.assignment.store import Desk


def pay_task(
    connection: Connection,
    desk: Desk,
    kind: Literal["submit", "skip"],
    idem_key: str,
    now: Instant,
    *,
    idle_cap_ms: int,
    annotation_id: int | None = None,
) -> dict[str, Any]:
    """Turn a person's pending time into money owed to them; returns what they are told of it."""
    lease = desk.lease
    paid_ms = pay.credit_time(
        connection,
        person_id=lease.person_id,
        project_id=desk.project_id,
        task_id=lease.task_id,
        kind=kind,
        now=now,
        idle_cap_ms=idle_cap_ms,
    )
    accrued = pay.accrue(
        connection,
        person_id=lease.person_id,
        project_id=desk.project_id,
        activity="annotate",
        rate_micros_per_hour=desk.rate_micros_per_hour,
        currency=desk.currency,
        paid_ms=paid_ms,
        started_at=Instant(now - paid_ms),
        now=now,
        idem_key=idem_key,
        annotation_id=annotation_id,
    )
    return {
        "milliseconds": paid_ms,
        "micros": accrued.amount_micros,
        "amount": Money(accrued.amount_micros // MICROS, desk.currency).decimal(),
        "currency": desk.currency,
    }
