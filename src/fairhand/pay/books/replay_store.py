"""Load what a statement was made of, from rows that are never edited."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Row, func, select

from fairhand.core.clock import DAY_MS, Instant
from fairhand.pay.books.replay import Evidence, Settled
from fairhand.pay.floors.store import load_rows
from fairhand.pay.fx.store import load_book
from fairhand.pay.ledger.rules import payable_key
from fairhand.pay.paid_time.rules import TimeEvent, paid_spans
from fairhand.pay.statement.held import FloorsOfPlace
from fairhand.pay.statement.rules import Earned
from fairhand.storage.tables.pay import (
    account,
    accrual,
    pay_period,
    period_entry,
    person_clock,
    posting,
    statement,
    time_event,
)

_RATES_BEFORE_MS = 400 * DAY_MS  # as far back as a close looks for the rate of late work


def load_evidence(connection: Connection, statement_id: int) -> Evidence | None:
    """Load a statement with everything it was made of; None when there is no such statement."""
    found = connection.execute(
        select(statement, pay_period.c.starts_at, pay_period.c.ends_at)
        .join(pay_period, pay_period.c.id == statement.c.period_id)
        .where(statement.c.id == statement_id)
    ).first()
    if found is None:
        return None
    before = connection.execute(
        select(statement.c.sha256, statement.c.carry_micros)
        .where(
            statement.c.person_id == found.person_id,
            statement.c.currency == found.currency,
            statement.c.id < found.id,
        )
        .order_by(statement.c.id.desc())
        .limit(1)
    ).first()
    return Evidence(
        currency=found.currency,
        body=found.body,
        sha256=found.sha256,
        paid_ms=found.paid_ms,
        accrued_micros=found.accrued_micros,
        top_up_micros=found.top_up_micros,
        carry_micros=found.carry_micros,
        previous_sha256=before.sha256 if before else None,
        previous_carry_micros=before.carry_micros if before else 0,
        settled=tuple(_settled(connection, found)),
        heard_ms=_heard(connection, found.person_id),
        booked_ms=_booked(connection, found.person_id),
    )


def statement_ids(connection: Connection, period_id: int) -> list[int]:
    """List the statements of a period."""
    chosen = select(statement.c.id).where(statement.c.period_id == period_id)
    return list(connection.execute(chosen.order_by(statement.c.id)).scalars())


def _settled(connection: Connection, found: Row[Any]) -> list[Settled]:
    floors = _floors_as_known(connection, found)
    credited = _credited(connection, found)
    rows = connection.execute(
        select(accrual, period_entry.c.floor_minor_per_hour)
        .join(period_entry, period_entry.c.entry_id == accrual.c.entry_id)
        .where(
            period_entry.c.period_id == found.period_id,
            accrual.c.person_id == found.person_id,
            accrual.c.currency == found.currency,
        )
        .order_by(accrual.c.entry_id)
    )
    return [
        Settled(
            entry_id=row.entry_id,
            project_id=row.project_id,
            activity=row.activity,
            basis=row.basis,
            is_late=row.ended_at < found.starts_at,
            paid_ms=row.paid_ms,
            rate_micros_per_hour=row.rate_micros_per_hour,
            amount_micros=row.amount_micros,
            quantity=row.quantity,
            unit_micros=row.unit_micros,
            credited_micros=credited.get(row.entry_id, 0),
            recorded_floor=row.floor_minor_per_hour,
            known_floor=_floor(floors, row),
        )
        for row in rows
    ]


def _floors_as_known(connection: Connection, found: Row[Any]) -> FloorsOfPlace:
    """Find floors by the rows and rates that were known when the statement was written."""
    who = json.loads(found.body)["person"]
    known_at = Instant(found.created_at)
    rows = load_rows(connection, who["country"], known_at)
    since = Instant(max(0, found.starts_at - _RATES_BEFORE_MS))
    rates = load_book(connection, since, Instant(found.ends_at), known_at)
    return FloorsOfPlace(rows, who["country"], who["region"], rates)


def _floor(floors: FloorsOfPlace, row: Row[Any]) -> int | None:
    held = floors(
        Earned(
            row.person_id,
            row.entry_id,
            row.project_id,
            row.activity,
            row.basis,
            Instant(row.started_at),
            Instant(row.ended_at),
            row.paid_ms,
            row.rate_micros_per_hour,
            row.currency,
            row.amount_micros,
        )
    )
    return None if held is None else held.minor_per_hour


def _credited(connection: Connection, found: Row[Any]) -> dict[int, int]:
    rows = connection.execute(
        select(posting.c.entry_id, posting.c.amount_micros)
        .join(account, account.c.id == posting.c.account_id)
        .join(period_entry, period_entry.c.entry_id == posting.c.entry_id)
        .where(
            account.c.key == payable_key(found.person_id),
            account.c.currency == found.currency,
            period_entry.c.period_id == found.period_id,
        )
    )
    return {entry_id: int(micros) for entry_id, micros in rows}


def _heard(connection: Connection, person_id: int) -> dict[int, int]:
    events = connection.execute(
        select(
            time_event.c.project_id,
            time_event.c.kind,
            time_event.c.at,
            time_event.c.idle_cap_ms,
            time_event.c.worked_ms,
            time_event.c.activity,
        )
        .where(time_event.c.person_id == person_id)
        .order_by(time_event.c.id)
    )
    heard: dict[int, int] = defaultdict(int)
    for span in paid_spans(TimeEvent(*row) for row in events):
        heard[span.project_id] += span.paid_ms
    return dict(heard)


def _booked(connection: Connection, person_id: int) -> dict[int, int]:
    booked: dict[int, int] = defaultdict(int)
    rows = connection.execute(
        select(accrual.c.project_id, func.sum(accrual.c.paid_ms))
        .where(accrual.c.person_id == person_id, accrual.c.basis != "correction")
        .group_by(accrual.c.project_id)
    )
    for project_id, paid_ms in rows:
        booked[project_id] += int(paid_ms)
    pending = connection.execute(
        select(person_clock.c.project_id, person_clock.c.pending_ms).where(
            person_clock.c.person_id == person_id
        )
    ).first()
    if pending is not None:
        booked[pending.project_id] += pending.pending_ms
    return {project: paid_ms for project, paid_ms in booked.items() if paid_ms}
