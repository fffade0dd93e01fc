"""Pay periods in the database: what is still to be settled, and the statements that settled it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    column,
    exists,
    func,
    insert,
    select,
    table,
    union,
    update,
)

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS
from fairhand.pay.floors.rules import Floor
from fairhand.pay.ledger.store import Earning, post_earning
from fairhand.pay.statement.rules import Carried, Earned, Payee, Period, Statement
from fairhand.storage.database import insert as upsert
from fairhand.storage.tables.pay import (
    accrual,
    pay_period,
    period_entry,
    person_clock,
    statement,
)

FloorAt = Callable[[Instant], Floor | None]

_person = table(
    "person",
    column("id"),
    column("place_country"),
    column("place_region"),
    column("is_simulated"),
)
_project = table("project", column("id"), column("title"))
_IS_SETTLED = exists().where(period_entry.c.entry_id == accrual.c.entry_id)
_TO_SETTLE: Final = (accrual.c.ended_at < bindparam("p_ends_at"), ~_IS_SETTLED)
_PEOPLE_TO_SETTLE = union(
    select(accrual.c.person_id).where(*_TO_SETTLE),
    select(person_clock.c.person_id).where(
        person_clock.c.pending_ms > 0, person_clock.c.last_at < bindparam("p_ends_at")
    ),
)
_LOAD_EARNED = (
    select(
        accrual.c.entry_id,
        accrual.c.project_id,
        _project.c.title.label("project_title"),
        accrual.c.activity,
        accrual.c.started_at,
        accrual.c.ended_at,
        accrual.c.paid_ms,
        accrual.c.rate_micros_per_hour,
        accrual.c.currency,
        accrual.c.amount_micros,
    )
    .join_from(accrual, _project, _project.c.id == accrual.c.project_id)
    .where(accrual.c.person_id == bindparam("p_person_id"), *_TO_SETTLE)
    .order_by(accrual.c.entry_id)
)
_SETTLE = insert(period_entry)
_PAYEE = select(
    _person.c.id, _person.c.place_country, _person.c.place_region, _person.c.is_simulated
).where(_person.c.id == bindparam("p_person_id"))
_BEFORE = (
    select(statement.c.carry_micros, statement.c.sha256)
    .where(
        statement.c.person_id == bindparam("p_person_id"),
        statement.c.currency == bindparam("p_currency"),
    )
    .order_by(statement.c.id.desc())
    .limit(1)
)
_ADD_STATEMENT = insert(statement)


@dataclass(frozen=True, slots=True)
class PeriodState:
    """A period, and when it was closed."""

    period: Period
    closed_at: Instant | None


def people_to_settle(
    connection: Connection, ends_at: Instant, period_id: int | None = None
) -> list[int]:
    """List people with earnings or pending time before `ends_at` that no period has settled.

    Whoever has a statement of `period_id` is done with it: what came later waits for the next.
    """
    people = connection.execute(_PEOPLE_TO_SETTLE, {"p_ends_at": ends_at}).scalars().all()
    done: set[int] = set()
    if period_id is not None:
        has_one = select(statement.c.person_id).where(statement.c.period_id == period_id)
        done = set(connection.execute(has_one).scalars())
    return sorted(set(people) - done)


def find_period(connection: Connection, ends_at: Instant) -> PeriodState | None:
    """Find the period that ends at an instant."""
    row = connection.execute(select(pay_period).where(pay_period.c.ends_at == ends_at)).first()
    return None if row is None else _state(row)


def load_period(connection: Connection, period_id: int) -> PeriodState | None:
    """Load a period."""
    row = connection.execute(select(pay_period).where(pay_period.c.id == period_id)).first()
    return None if row is None else _state(row)


def last_period(connection: Connection) -> PeriodState | None:
    """Load the period that ends last."""
    newest = select(pay_period).order_by(pay_period.c.ends_at.desc()).limit(1)
    row = connection.execute(newest).first()
    return None if row is None else _state(row)


def first_earned_at(connection: Connection) -> Instant | None:
    """When the first accrual or the first pending time of all began."""
    starts = [
        connection.execute(select(func.min(accrual.c.started_at))).scalar(),
        connection.execute(
            select(func.min(person_clock.c.pending_since)).where(person_clock.c.pending_ms > 0)
        ).scalar(),
    ]
    known = [Instant(start) for start in starts if start is not None]
    return min(known) if known else None


def add_period(
    connection: Connection, starts_at: Instant, ends_at: Instant, now: Instant
) -> Period | None:
    """Open a period; None when somebody else has just opened the same."""
    opened = connection.execute(
        upsert(connection, pay_period)
        .values(starts_at=starts_at, ends_at=ends_at, opened_at=now)
        .on_conflict_do_nothing(index_elements=["ends_at"])
        .returning(pay_period.c.id)
    ).scalar_one_or_none()
    return None if opened is None else Period(int(opened), starts_at, ends_at)


def mark_closed(connection: Connection, period_id: int, now: Instant) -> bool:
    """Close a period; False when it was closed before."""
    closed = connection.execute(
        update(pay_period)
        .where(pay_period.c.id == period_id, pay_period.c.closed_at.is_(None))
        .values(closed_at=now)
    )
    return closed.rowcount == 1


def load_payee(connection: Connection, person_id: int) -> Payee | None:
    """Load whose statement it will be."""
    row = connection.execute(_PAYEE, {"p_person_id": person_id}).first()
    return None if row is None else Payee(row[0], row[1], row[2], bool(row[3]))


def load_earned(
    connection: Connection, person_id: int, ends_at: Instant, floor_at: FloorAt
) -> list[Earned]:
    """Load a person's earnings before `ends_at` that no period has settled yet.

    Each comes with the higher of the floors at its two ends.
    """
    params = {"p_person_id": person_id, "p_ends_at": ends_at}
    return [
        Earned(**row, floor=_higher(floor_at(row["started_at"]), floor_at(row["ended_at"])))
        for row in connection.execute(_LOAD_EARNED, params).mappings()
    ]


def carried(connection: Connection, person_id: int, currency: str) -> Carried:
    """Load what a person's last statement in a currency leaves to the next."""
    params = {"p_person_id": person_id, "p_currency": currency}
    row = connection.execute(_BEFORE, params).first()
    return Carried() if row is None else Carried(row[0], row[1])


def post_top_up(
    connection: Connection,
    period: Period,
    person_id: int,
    project_id: int,
    currency: str,
    minor: int,
    now: Instant,
) -> int:
    """Post one project's part of a person's top-up; gives its ledger entry."""
    last_moment = Instant(period.ends_at - 1)
    posted = post_earning(
        connection,
        Earning(
            kind="top_up",
            idem_key=f"top_up:{period.id}:{person_id}:{currency}:{project_id}",
            person_id=person_id,
            project_id=project_id,
            activity="top_up",
            started_at=last_moment,
            ended_at=last_moment,
            paid_ms=0,
            rate_micros_per_hour=0,
            currency=currency,
            amount_micros=minor * MICROS,
        ),
        now,
    )
    return posted.entry_id


def settle(connection: Connection, period_id: int, floors: Mapping[int, int | None]) -> None:
    """Say that these accruals were settled in a period, each under its floor."""
    rows = [
        {"entry_id": entry_id, "period_id": period_id, "floor_minor_per_hour": floor}
        for entry_id, floor in floors.items()
    ]
    if rows:
        connection.execute(_SETTLE, rows)


def save_statement(connection: Connection, made: Statement, now: Instant) -> None:
    """Keep a statement."""
    connection.execute(
        _ADD_STATEMENT,
        {
            "person_id": made.person_id,
            "period_id": made.period_id,
            "currency": made.currency,
            "paid_ms": made.totals.paid_ms,
            "accrued_micros": made.totals.accrued_micros,
            "top_up_micros": made.totals.top_up_micros,
            "floor_due_micros": made.totals.floor_due_micros,
            "carry_micros": made.totals.carry_micros,
            "body": made.body,
            "sha256": made.sha256,
            "created_at": now,
        },
    )


def statement_hashes(connection: Connection, period_id: int, person_id: int) -> tuple[str, ...]:
    """Name the statements that a person has of a period; empty when not settled yet."""
    chosen = (
        select(statement.c.sha256)
        .where(statement.c.period_id == period_id, statement.c.person_id == person_id)
        .order_by(statement.c.currency)
    )
    return tuple(connection.execute(chosen).scalars())


def _higher(first: Floor | None, second: Floor | None) -> Floor | None:
    if first is None or second is None:
        return first or second
    return first if first.minor_per_hour > second.minor_per_hour else second


def _state(row: Row[Any]) -> PeriodState:
    return PeriodState(Period(row.id, row.starts_at, row.ends_at), row.closed_at)
