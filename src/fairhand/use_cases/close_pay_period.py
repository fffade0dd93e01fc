"""A pay period closes: every minute accrued, everybody at the floor, a statement each.

It can be run as one call or as steps of a durable job (`open_period`, then `close_person` for each
of `people_left`, then `finish_period`). Every step is one transaction, and a step that is done
does nothing when it is run again. What comes in late is settled in the next period.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.pay import store as pay
from fairhand.pay.floors import store as floors
from fairhand.pay.floors.rules import floor_finder
from fairhand.pay.statement import store
from fairhand.pay.statement.rules import (
    Earned,
    Payee,
    Period,
    Statement,
    build_statement,
    floored_work,
)
from fairhand.pay.top_up.rules import top_ups
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class ClosePayPeriod:
    """Settle everything earned before `ends_at`."""

    ends_at: Instant
    closed_by: int | None = None


@dataclass(frozen=True, slots=True)
class ClosedPayPeriod:
    """What a close did; `period_id` is None when there was nothing to settle."""

    period_id: int | None
    people: int
    statements: int


def close_pay_period(db: Database, command: ClosePayPeriod, now: Instant) -> ClosedPayPeriod:
    """Close a period for everybody; run twice, the second run changes nothing.

    Raises InvalidError for a period that ends in the future or before one that exists.
    """
    period_id = open_period(db, command, now)
    if period_id is None:
        return ClosedPayPeriod(None, 0, 0)
    settled = statements = 0
    while people := people_left(db, period_id):
        statements += sum(len(close_person(db, period_id, person, now)) for person in people)
        settled += len(people)
    finish_period(db, period_id, now, closed_by=command.closed_by)
    return ClosedPayPeriod(period_id, settled, statements)


def open_period(db: Database, command: ClosePayPeriod, now: Instant) -> int | None:
    """Open the period that ends at an instant, or find it; None when nothing is to be settled."""
    if command.ends_at > now:
        raise InvalidError("A pay period cannot be closed before it ends.", code="not_over_yet")
    with db.write() as connection:
        known = store.find_period(connection, command.ends_at)
        if known is not None:
            return known.period.id
        if not store.people_to_settle(connection, command.ends_at):
            return None
        starts_at = _start(connection, command.ends_at)
        period = store.add_period(connection, starts_at, command.ends_at, now)
        if period is None:
            raise ConflictError("Somebody else is opening this pay period just now.")
        body = {"period": period.id, "starts_at": starts_at, "ends_at": command.ends_at}
        log.append(connection, "pay.period_opened", body, now, command.closed_by)
    return period.id


def people_left(db: Database, period_id: int) -> list[int]:
    """List the people whom a period has still to settle; none when it is closed."""
    with db.read() as connection:
        state = _period(connection, period_id)
        if state.closed_at is not None:
            return []
        return store.people_to_settle(connection, state.period.ends_at, period_id)


def close_person(db: Database, period_id: int, person_id: int, now: Instant) -> tuple[str, ...]:
    """Settle one person's period: flush, top up, write statements; gives the statements' names."""
    with db.write() as connection:
        state = _period(connection, period_id)
        pay.flush_pending(connection, person_id, now)  # also locks this person's clock
        done = store.statement_hashes(connection, period_id, person_id)
        if done or state.closed_at is not None:
            return done
        payee = store.load_payee(connection, person_id)
        if payee is None:
            raise NotFoundError(f"There is no person {person_id}.")
        earned = _load_earned(connection, payee, state.period)
        made = [
            _settle_currency(connection, state.period, payee, currency, earned, now)
            for currency in sorted({one.currency for one in earned})
        ]
        if made:
            body = {
                "period": period_id,
                "person": person_id,
                "statements": [one.sha256 for one in made],
                "simulated": payee.is_simulated,
            }
            log.append(connection, "pay.statement_made", body, now, person_id)
    return tuple(one.sha256 for one in made)


def finish_period(
    db: Database, period_id: int, now: Instant, *, closed_by: int | None = None
) -> bool:
    """Close a period in which nobody is left; False when somebody is, or it was closed before."""
    with db.write() as connection:
        state = _period(connection, period_id)
        if store.people_to_settle(connection, state.period.ends_at, period_id):
            return False
        if not store.mark_closed(connection, period_id, now):
            return False
        log.append(connection, "pay.period_closed", {"period": period_id}, now, closed_by)
    return True


def _start(connection: Connection, ends_at: Instant) -> Instant:
    last = store.last_period(connection)
    if last is None:
        first = store.first_earned_at(connection)
        return min(ends_at if first is None else first, Instant(ends_at - 1))
    if ends_at <= last.period.ends_at:
        raise InvalidError(
            "A later pay period was opened already; what is left goes into the next one.",
            code="period_out_of_order",
        )
    return last.period.ends_at


def _period(connection: Connection, period_id: int) -> store.PeriodState:
    state = store.load_period(connection, period_id)
    if state is None:
        raise NotFoundError(f"There is no pay period {period_id}.")
    return state


def _load_earned(connection: Connection, payee: Payee, period: Period) -> list[Earned]:
    rows = floors.load_rows(connection, payee.country)
    floor_at = floor_finder(rows, payee.country, payee.region)
    return store.load_earned(connection, payee.person_id, period.ends_at, floor_at)


def _settle_currency(
    connection: Connection,
    period: Period,
    payee: Payee,
    currency: str,
    earned: list[Earned],
    now: Instant,
) -> Statement:
    person_id = payee.person_id
    owed = top_ups(floored_work(earned, currency))
    entries = {
        project: (
            store.post_top_up(connection, period, person_id, project, currency, minor, now),
            minor,
        )
        for project, minor in owed.items()
    }
    before = store.carried(connection, person_id, currency)
    made = build_statement(period, payee, currency, earned, entries, before)
    floors_by_entry: dict[int, int | None] = {entry: None for entry, _ in entries.values()}
    for one in earned:
        if one.currency == currency:
            floors_by_entry[one.entry_id] = one.floor_minor_per_hour
    store.settle(connection, period.id, floors_by_entry)
    store.save_statement(connection, made, now)
    return made
