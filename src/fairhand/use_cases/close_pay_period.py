"""A pay period closes: every minute accrued, everybody at the floor, a statement each.

It can be run as one call or as steps of a durable job (`open_period`, then `close_people` again and
again, then `finish_period`). People are settled some hundred at a time, each batch in one
transaction, and a batch that is done does nothing when it is run again. What comes in late is
settled in the next period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.pay import store as pay
from fairhand.pay.floors import store as floors
from fairhand.pay.fx import store as fx
from fairhand.pay.ledger.batch import post_earnings
from fairhand.pay.policies import store as policies
from fairhand.pay.policies.steps import PayStep, StepsHeld
from fairhand.pay.statement import store
from fairhand.pay.statement.document import Statement, build_statement
from fairhand.pay.statement.rules import (
    Carried,
    Earned,
    HeldFloor,
    Line,
    Period,
    currencies,
    of_currency,
    raised,
)
from fairhand.pay.statement.settling import WEEK_BEFORE_MS, Plan, Terms, explained, make_plan
from fairhand.pay.statement.store import ToSettle
from fairhand.pay.top_up.rules import WORK
from fairhand.people.talent import career_store as career
from fairhand.proof.log import store as log
from fairhand.proof.log.store import NewEvent
from fairhand.storage.database import Connection, Database

ENTRIES_AT_ONCE: Final = 10_000
"""Earnings settled in one transaction: about a third of a second in which other writers wait."""
PEOPLE_AT_ONCE: Final = 400
_RATES_BEFORE_MS: Final = 400 * DAY_MS  # late work may be as old as this and still find its rate

Report = Callable[[int, int], None]
"""Called with how many people are settled, and of how many."""


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


def close_pay_period(
    db: Database, command: ClosePayPeriod, now: Instant, report: Report | None = None
) -> ClosedPayPeriod:
    """Close a period for everybody; run twice, the second run changes nothing.

    Raises InvalidError for a period that ends in the future or before one that exists.
    """
    period_id = open_period(db, command, now)
    if period_id is None:
        return ClosedPayPeriod(None, 0, 0)
    settled = statements = 0
    while not finish_period(db, period_id, now, closed_by=command.closed_by):
        people = people_left(db, period_id)
        if not people:  # closed before, or by somebody else just now
            break
        terms, total = read_terms(db, period_id), settled + len(people)
        for batch in in_batches(people):
            statements += len(close_people(db, period_id, batch, now, terms))
            settled += len(batch)
            if report is not None:
                report(settled, total)
    return ClosedPayPeriod(period_id, settled, statements)


def open_period(db: Database, command: ClosePayPeriod, now: Instant) -> int | None:
    """Open the period that ends at an instant, or find it; None when nothing is to be settled."""
    if command.ends_at > now:
        raise InvalidError("A pay period cannot be closed before it ends.", code="not_over_yet")
    with db.write() as connection:
        # In this order: when somebody else settled the last one just now, their period is found.
        is_anything_left = store.is_anything_left(connection, command.ends_at)
        known = store.find_period(connection, command.ends_at)
        if known is not None:
            return known.period.id
        if not is_anything_left:
            return None
        starts_at = _start(connection, command.ends_at)
        period = store.add_period(connection, starts_at, command.ends_at, now)
        if period is None:
            raise _being_opened()
        body = {"period": period.id, "starts_at": starts_at, "ends_at": command.ends_at}
        log.append(connection, "pay.period_opened", body, now, command.closed_by)
    return period.id


def people_left(
    db: Database, period_id: int, *, after: int = 0, limit: int | None = None
) -> list[ToSettle]:
    """List the people whom a period has still to settle, by id; none when it is closed."""
    with db.read() as connection:
        state = _period(connection, period_id)
        if state.closed_at is not None:
            return []
        return store.people_to_settle(
            connection, state.period.ends_at, period_id, after=after, limit=limit
        )


def count_settled(db: Database, period_id: int) -> int:
    """Count the people who have been settled in a period so far."""
    with db.read() as connection:
        return store.count_settled(connection, period_id)


def count_statements(db: Database, period_id: int) -> int:
    """Count the statements that a period has so far: one a person and currency."""
    with db.read() as connection:
        return store.count_statements(connection, period_id)


def in_batches(people: Iterable[ToSettle]) -> list[list[int]]:
    """Share people out so that one transaction settles few enough of them, and of their earnings.

    Whoever has very many earnings is a batch alone: one person's period is never cut.
    """
    batches: list[list[int]] = [[]]
    entries = 0
    for one in people:
        is_full = len(batches[-1]) >= PEOPLE_AT_ONCE or entries + one.entries > ENTRIES_AT_ONCE
        if batches[-1] and is_full:
            batches.append([])
            entries = 0
        batches[-1].append(one.person_id)
        entries += one.entries
    return batches if batches[-1] else []


def close_people(
    db: Database, period_id: int, people: Sequence[int], now: Instant, terms: Terms
) -> tuple[str, ...]:
    """Settle people's period: flush, top up, write statements; gives the new statements' names.

    Whoever has been settled in the period before is passed over.
    """
    with db.write() as connection:
        store.take_turn(connection)
        for person_id in store.take_clocks(connection, people):
            pay.flush_pending(connection, person_id, now)
        state = _period(connection, period_id)
        done = store.settled_people(connection, period_id, people)
        wanted = [person_id for person_id in people if person_id not in done]
        if not wanted or state.closed_at is not None:
            return ()
        plans = plan_people(connection, state.period, wanted, terms)
        made = _settle(connection, state.period, plans, now)
        events = [_event(period_id, plan, made[plan.payee.person_id]) for plan in plans]
        log.append_many(connection, events, now)
    return tuple(one.sha256 for mine in made.values() for one in mine)


def plan_people(
    connection: Connection,
    period: Period,
    people: Sequence[int],
    terms: Terms,
    pending: Mapping[int, Earned] | None = None,
) -> list[Plan]:
    """Work out what a period gives to people who have something to settle; nothing is written.

    `pending` is time that is not accrued yet: a preview counts it, a close accrues it first.
    """
    payees = store.load_payees(connection, people)
    ratchets = store.load_ratchets(connection, people)
    overtime = [one for one in people if one in payees and terms.has_overtime(payees[one])]
    since = Instant(period.starts_at - WEEK_BEFORE_MS)
    before = store.load_settled(connection, overtime, since, period.ends_at)
    earned = dict(store.load_earned(connection, people, period.ends_at))
    for person_id, one in (pending or {}).items():
        earned[person_id] = [*earned.get(person_id, ()), one]
    return [
        make_plan(
            period,
            payees[person_id],
            _told(connection, earned[person_id]),
            before.get(person_id, ()),
            ratchets.get(person_id, {}),
            terms,
        )
        for person_id in sorted(earned)
    ]


def next_period(connection: Connection, ends_at: Instant) -> Period:
    """Say which period a close at an instant would be; its number is 0 before it is opened."""
    known = store.find_period(connection, ends_at)
    if known is not None:
        return known.period
    last = store.last_period(connection)
    starts_at = store.first_earned_at(connection) if last is None else last.period.ends_at
    return Period(0, min(starts_at or ends_at, Instant(ends_at - 1)), ends_at)


def read_terms(db: Database, period_id: int) -> Terms:
    """Read what the close of a period goes by: wage rows, exchange rates, policies as known now."""
    with db.read() as connection:
        return load_terms(connection, _period(connection, period_id).period)


def load_terms(connection: Connection, period: Period) -> Terms:
    """Load what the close of a period goes by."""
    since = Instant(max(0, period.starts_at - _RATES_BEFORE_MS))
    return Terms(
        floors.load_rows(connection),
        policies.load_policies(connection),
        fx.load_book(connection, since, period.ends_at),
        _steps_held(connection),
    )


def _steps_held(connection: Connection) -> StepsHeld:
    """Find the career steps that add to people's pay."""
    return {
        person_id: [
            PayStep(step.id, step.project_id, step.title, step.pay_permille, since)
            for step, since in held
        ]
        for person_id, held in career.steps_held(connection).items()
    }


def finish_period(
    db: Database, period_id: int, now: Instant, *, closed_by: int | None = None
) -> bool:
    """Close a period in which nobody is left; False when somebody is, or it was closed before."""
    with db.write() as connection:
        store.take_turn(connection)
        state = _period(connection, period_id)
        if _is_anybody_left(connection, state.period):
            return False
        if not store.mark_closed(connection, period_id, now):
            return False
        log.append(connection, "pay.period_closed", {"period": period_id}, now, closed_by)
    return True


def _being_opened() -> ConflictError:
    return ConflictError("Somebody else is opening this pay period just now.")


def _start(connection: Connection, ends_at: Instant) -> Instant:
    last = store.last_period(connection)
    if last is not None and ends_at == last.period.ends_at:
        raise _being_opened()
    if last is not None and ends_at < last.period.ends_at:
        raise InvalidError(
            "A later pay period was opened already; what is left goes into the next one.",
            code="period_out_of_order",
        )
    return next_period(connection, ends_at).starts_at


def _period(connection: Connection, period_id: int) -> store.PeriodState:
    state = store.load_period(connection, period_id)
    if state is None:
        raise NotFoundError(f"There is no pay period {period_id}.")
    return state


def _is_anybody_left(connection: Connection, period: Period) -> bool:
    if not store.is_anything_left(connection, period.ends_at):
        return False
    # What is left may be late work of people who have their statement: it waits for the next.
    return bool(store.people_to_settle(connection, period.ends_at, period.id, limit=1))


def _told(connection: Connection, earned: Sequence[Earned]) -> Sequence[Earned]:
    unusual = [one.entry_id for one in earned if one.basis not in WORK]
    if not unusual:
        return earned
    notes = store.load_notes(connection, unusual)
    return explained(earned, notes, store.load_corrections(connection, unusual))


def _settle(
    connection: Connection, period: Period, plans: Sequence[Plan], now: Instant
) -> dict[int, list[Statement]]:
    """Post what comes on top, then write statements and what each earning was settled under."""
    wanted = {plan.payee.person_id: plan.earnings(period) for plan in plans}
    posted = iter(post_earnings(connection, [one for each in wanted.values() for one in each], now))
    before = store.load_carried(connection, wanted)
    titles = store.load_titles(connection)
    made: dict[int, list[Statement]] = {}
    settled: list[store.Settled] = []
    held: dict[tuple[int, int, str], HeldFloor] = {}
    for plan in plans:
        person_id = plan.payee.person_id
        entries = [next(posted).entry_id for _ in wanted[person_id]]
        lines = plan.with_extras(entries[: len(plan.extras)], period)
        top_ups = _top_up_entries(plan, entries[len(plan.extras) :])
        made[person_id] = [
            build_statement(
                period,
                plan.payee,
                currency,
                of_currency(lines, currency),
                titles,
                top_ups.get(currency, {}),
                before.get((person_id, currency), Carried()),
            )
            for currency in currencies(lines)
        ]
        settled += _under_floors(lines)
        settled += [(entry, None) for entry in entries[len(plan.extras) :]]
        held |= {(person_id, *key): floor for key, floor in raised(lines).items()}
    store.settle(connection, period.id, sorted(settled))
    store.save_statements(connection, [one for mine in made.values() for one in mine], now)
    store.raise_ratchets(connection, held, period.ends_at)
    return made


def _top_up_entries(plan: Plan, entries: Sequence[int]) -> dict[str, dict[int, tuple[int, int]]]:
    """Give each top-up its ledger entry, in the order in which they were posted."""
    numbers = iter(entries)
    return {
        currency: {project: (next(numbers), minor) for project, minor in sorted(owed.items())}
        for currency, owed in sorted(plan.top_ups.items())
    }


def _under_floors(lines: Iterable[Line]) -> list[store.Settled]:
    return [
        (entry, None if line.floor is None else line.floor.minor_per_hour)
        for line in lines
        for entry, _, _ in line.entries
    ]


def _event(period_id: int, plan: Plan, made: Sequence[Statement]) -> NewEvent:
    person_id = plan.payee.person_id
    body = {
        "period": period_id,
        "person": person_id,
        "statements": [one.sha256 for one in made],
        "simulated": plan.payee.is_simulated,
    }
    return NewEvent("pay.statement_made", body, person_id)
