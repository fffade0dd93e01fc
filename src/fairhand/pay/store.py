"""The hot path of pay: time events in, accruals out.

`credit_time` and `accrue` run inside the transaction of the story that calls them. Locks are taken
in one order everywhere: the person's clock, then the project's escrow. Statements are built once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, bindparam, column, func, select, table, update

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.money import micros_for
from fairhand.pay.ledger.store import (
    Accrued,
    Earning,
    both,
    earned_before,
    load_escrow,
    open_earning,
    post_earning,
    write_earning,
)
from fairhand.pay.paid_time.rules import (
    Activity,
    Clock,
    EventKind,
    PaidSpan,
    TimeEvent,
    credit,
    new_clock,
    span_of,
)
from fairhand.pay.policies.pieces import Worth
from fairhand.storage.tables.pay import person_clock, time_event

__all__ = [
    "Accrued",
    "Heard",
    "accrue",
    "credit_time",
    "flush_pending",
    "hear",
    "load_escrow",
    "people_with_pending_time",
]

_project = table("project", column("id"), column("currency"), column("rate_micros_per_hour"))


_SEE_CLOCK = (
    select(
        person_clock.c.project_id,
        person_clock.c.activity,
        person_clock.c.running,
        person_clock.c.last_at,
        person_clock.c.pending_ms,
        person_clock.c.pending_since,
        person_clock.c.cut_ms,
        person_clock.c.stretch_ms,
    )
    .where(person_clock.c.person_id == bindparam("p_person_id"))
    .with_for_update()
)
_START_CLOCK = both(lambda insert: insert(person_clock).on_conflict_do_nothing())
_SET_CLOCK = (
    update(person_clock)
    .where(person_clock.c.person_id == bindparam("p_person_id"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "project_id",
                "activity",
                "running",
                "last_at",
                "pending_ms",
                "pending_since",
                "cut_ms",
                "stretch_ms",
            )
        }
    )
)
_TAKE_PENDING = (
    update(person_clock)
    .where(
        person_clock.c.person_id == bindparam("p_person_id"),
        person_clock.c.project_id == bindparam("p_project_id"),
        person_clock.c.pending_ms >= bindparam("p_paid_ms"),
    )
    .values(
        pending_ms=person_clock.c.pending_ms - bindparam("p_paid_ms"),
        pending_since=person_clock.c.last_at,
    )
)
_ADD_EVENT = time_event.insert()
_PAY_OF_PROJECT = select(_project.c.currency, _project.c.rate_micros_per_hour).where(
    _project.c.id == bindparam("p_project_id")
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What an event came to: its row, the paid time that awaits an accrual, what the cap cut."""

    event_id: int
    pending_ms: int
    cut_ms: int
    claimed: Accrued | None = None


def credit_time(
    connection: Connection,
    *,
    person_id: int,
    project_id: int,
    task_id: int | None,
    kind: EventKind,
    now: Instant,
    idle_cap_ms: int,
) -> int:
    """Append one event; give the paid milliseconds that await an accrual (see `hear`)."""
    event = TimeEvent(project_id, kind, now, idle_cap_ms)
    return hear(connection, person_id, task_id, event, now).pending_ms


def last_heard(connection: Connection, person_id: int) -> Instant | None:
    """Say when the server last heard of a person; None when it never did."""
    found = select(person_clock.c.last_at).where(person_clock.c.person_id == person_id)
    return connection.execute(found).scalar_one_or_none()


def hear(
    connection: Connection, person_id: int, task_id: int | None, event: TimeEvent, now: Instant
) -> Heard:
    """Append one event to a person's stream.

    What is pending is always time of one project and activity: when an event moves the person to
    another, or stops the clock, the time before gets its own accrual here and now, at the rate of
    the project in which it was spent. So does what a claim takes back.
    """
    clock = _see_clock(connection, person_id, event)
    credited = credit(clock, event)
    event_id = _append_event(connection, person_id, task_id, event)
    _set_clock(connection, person_id, credited.clock)
    accrued = None
    if credited.over is not None:
        accrued = _accrue_span(connection, person_id, credited.over, now, f"time:{event_id}")
    return Heard(
        event_id,
        credited.clock.pending_ms,
        credited.gap.left_ms,
        accrued if event.kind == "claim" else None,
    )


def accrue(
    connection: Connection,
    *,
    person_id: int,
    project_id: int,
    activity: Activity,
    rate_micros_per_hour: int,
    currency: str,
    paid_ms: int,
    started_at: Instant,
    now: Instant,
    idem_key: str,
    annotation_id: int | None = None,
    worth: Worth | None = None,
) -> Accrued:
    """Turn pending milliseconds into money owed to the person; the same key never earns twice.

    `worth` says what was earned where that is not time at the rate. Raises ConflictError when the
    person has less pending time in the project than `paid_ms`.
    """
    worth = worth or Worth("time", micros_for(rate_micros_per_hour, paid_ms), rate_micros_per_hour)
    earned = Earning(
        kind="accrual",
        idem_key=idem_key,
        person_id=person_id,
        project_id=project_id,
        activity=activity,
        started_at=min(started_at, now),
        ended_at=now,
        paid_ms=paid_ms,
        rate_micros_per_hour=worth.rate_micros_per_hour,
        currency=currency,
        amount_micros=worth.amount_micros,
        annotation_id=annotation_id,
        basis=worth.basis,
        quantity=worth.quantity,
        unit_micros=worth.unit_micros,
    )
    entry_id = open_earning(connection, earned, now)
    if entry_id is None:
        return earned_before(connection, earned)
    if paid_ms:
        _take_pending(connection, earned)
    return write_earning(connection, entry_id, earned)


def flush_pending(connection: Connection, person_id: int, now: Instant) -> Accrued | None:
    """Give a person's pending time its accrual; None when nothing is pending.

    Only time up to the last event is known; what follows is counted by the next event.
    """
    row = connection.execute(_SEE_CLOCK, {"p_person_id": person_id}).first()
    span = span_of(Clock(*row)) if row is not None else None
    if row is None or span is None:
        return None
    clock = Clock(*row)
    emptied = replace(clock, pending_ms=0, pending_since=clock.last_at)
    _set_clock(connection, person_id, emptied)
    last = connection.execute(
        select(func.max(time_event.c.id)).where(time_event.c.person_id == person_id)
    ).scalar_one()
    return _accrue_span(connection, person_id, span, now, f"flush:{person_id}:{last}")


def people_with_pending_time(
    connection: Connection, before: Instant, limit: int | None = None
) -> list[int]:
    """List people whose stream has been quiet since `before` with time not yet accrued."""
    rows = connection.execute(
        select(person_clock.c.person_id)
        .where(person_clock.c.pending_ms > 0, person_clock.c.last_at < before)
        .order_by(person_clock.c.person_id)
        .limit(limit)
    )
    return list(rows.scalars())


def _see_clock(connection: Connection, person_id: int, event: TimeEvent) -> Clock:
    params = {"p_person_id": person_id}
    row = connection.execute(_SEE_CLOCK, params).first()
    if row is None:
        fresh = {"person_id": person_id, **asdict(new_clock(event))}
        connection.execute(_START_CLOCK[connection.dialect.name], fresh)
        row = connection.execute(_SEE_CLOCK, params).one()
    return Clock(*row)


def _set_clock(connection: Connection, person_id: int, clock: Clock) -> None:
    connection.execute(
        _SET_CLOCK,
        {
            "p_person_id": person_id,
            "project_id": clock.project_id,
            "activity": clock.activity,
            "running": clock.running,
            "last_at": clock.last_at,
            "pending_ms": clock.pending_ms,
            "pending_since": clock.pending_since,
            "cut_ms": clock.cut_ms,
            "stretch_ms": clock.stretch_ms,
        },
    )


def _append_event(
    connection: Connection, person_id: int, task_id: int | None, event: TimeEvent
) -> int:
    appended = connection.execute(
        _ADD_EVENT,
        {
            "person_id": person_id,
            "project_id": event.project_id,
            "task_id": task_id,
            "kind": event.kind,
            "at": event.at,
            "idle_cap_ms": event.idle_cap_ms,
            "worked_ms": event.worked_ms,
            "activity": event.activity,
        },
    )
    key = appended.inserted_primary_key
    assert key is not None  # noqa: S101  # a single-row INSERT always has one
    return int(key[0])


def _accrue_span(
    connection: Connection, person_id: int, span: PaidSpan, now: Instant, idem_key: str
) -> Accrued:
    terms = connection.execute(_PAY_OF_PROJECT, {"p_project_id": span.project_id}).first()
    if terms is None:
        raise NotFoundError(f"There is no project {span.project_id}.")
    earned = Earning(
        kind="accrual",
        idem_key=idem_key,
        person_id=person_id,
        rate_micros_per_hour=terms.rate_micros_per_hour,
        currency=terms.currency,
        amount_micros=micros_for(terms.rate_micros_per_hour, span.paid_ms),
        **asdict(span),
    )
    return post_earning(connection, earned, now)


def _take_pending(connection: Connection, earned: Earning) -> None:
    taken = connection.execute(
        _TAKE_PENDING,
        {
            "p_person_id": earned.person_id,
            "p_project_id": earned.project_id,
            "p_paid_ms": earned.paid_ms,
        },
    )
    if taken.rowcount != 1:
        raise ConflictError(
            f"There are not {earned.paid_ms} ms of unpaid time in project {earned.project_id}.",
            code="no_such_time",
        )
