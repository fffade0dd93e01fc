"""What those who pay read: what is owed, escrow, periods, floors, and what a close would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.chunks import chunks
from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import NotFoundError
from fairhand.core.money import MICROS
from fairhand.model.job import Job
from fairhand.pay.floors import store as floors
from fairhand.pay.floors.rules import FloorRow, hourly, is_active
from fairhand.pay.overview import store
from fairhand.pay.overview.period import CurrencySums, ProjectShare, shares, sum_up
from fairhand.pay.overview.period_store import load_parts
from fairhand.pay.overview.store import DaySpend, EscrowRow, Owed, PeriodRow, PeriodStatement
from fairhand.pay.statement import store as statements
from fairhand.pay.statement.document import due_by_floor
from fairhand.pay.statement.rules import Line, currencies, of_currency
from fairhand.pay.statement.settling import Plan
from fairhand.storage import job_store
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.ask_close import CLOSE
from fairhand.use_cases.close_pay_period import (
    PEOPLE_AT_ONCE,
    load_terms,
    next_period,
    plan_people,
)

SPEND_DAYS: Final = 14
PREVIEW_SHOWN: Final = 100
STATEMENTS_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class PayOffice:
    """The pay page: what is owed at this instant, what is spent by day, escrow, periods."""

    owed: tuple[Owed, ...]
    spend: tuple[DaySpend, ...]
    escrows: tuple[EscrowRow, ...]
    periods: tuple[PeriodRow, ...]
    floors: tuple[FloorRow, ...]

    def owed_sums(self) -> list[Owed]:
        """Sum what is owed over everybody, a row for each currency; its name is empty."""
        return [
            Owed(
                0,
                "",
                False,
                currency,
                sum(one.payable_micros for one in self._owed_in(currency)),
                sum(one.unsettled_micros for one in self._owed_in(currency)),
                sum(one.pending_micros for one in self._owed_in(currency)),
                sum(one.in_payout_micros for one in self._owed_in(currency)),
            )
            for currency in sorted({one.currency for one in self.owed})
        ]

    def _owed_in(self, currency: str) -> list[Owed]:
        return [one for one in self.owed if one.currency == currency]


@dataclass(frozen=True, slots=True)
class PeriodPage:
    """One period: its sums by currency, top-up shares by project, and some of its statements."""

    period: PeriodRow
    sums: tuple[CurrencySums, ...]
    shares: tuple[ProjectShare, ...]
    statements: tuple[PeriodStatement, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Some of the people whom a close would settle; `more_after` is whom the next ones follow."""

    lines: tuple[WouldGet, ...]
    more_after: int | None


@dataclass(frozen=True, slots=True)
class WouldGet:
    """What a close would settle for one person in one currency.

    `accrued_micros` is pay for work, `extras_micros` what else there is (premiums, overtime,
    expenses, royalties: all that never counts for the floor). `floor_micros` is what the floor asks
    for the time that has one; `unfloored_ms` has none.
    """

    person_id: int
    display_name: str
    country: str
    currency: str
    paid_ms: int
    accrued_micros: int
    floor_micros: int
    top_up_minor: int
    unfloored_ms: int
    extras_micros: int = 0

    @property
    def gross_micros(self) -> int:
        """All that the period would give."""
        return self.accrued_micros + self.extras_micros + self.top_up_minor * MICROS


def read_pay_office(db: Database, now: Instant) -> PayOffice:
    """Load the pay page."""
    with db.read() as connection:
        return PayOffice(
            tuple(store.list_owed(connection)),
            tuple(store.list_spend(connection, Instant(now - SPEND_DAYS * DAY_MS))),
            tuple(store.list_escrows(connection)),
            tuple(store.list_periods(connection)),
            tuple(row for row in floors.load_rows(connection) if is_active(row)),
        )


def read_owed(db: Database) -> list[Owed]:
    """List what everybody has coming at this instant."""
    with db.read() as connection:
        return store.list_owed(connection)


def read_period(db: Database, period_id: int, *, after: int = 0) -> PeriodPage:
    """Load a period with its sums and a page of its statements; raises NotFoundError."""
    with db.read() as connection:
        periods = [one for one in store.list_periods(connection) if one.id == period_id]
        if not periods:
            raise NotFoundError(f"There is no pay period {period_id}.")
        parts = load_parts(connection, period_id)
        some = store.list_statements(connection, period_id, after=after, limit=STATEMENTS_SHOWN)
        return PeriodPage(periods[0], tuple(sum_up(parts)), tuple(shares(parts)), tuple(some))


def read_close(db: Database, job_id: str) -> Job:
    """Load the job of a close; raises NotFoundError for any other."""
    with db.read() as connection:
        job = job_store.find_job(connection, job_id)
    if job is None or job.kind != CLOSE:
        raise NotFoundError("There is no such close of a pay period.")
    return job


def preview_some(db: Database, ends_at: Instant, *, after: int = 0) -> Preview:
    """Say what a close would give to the next people by their ids: few enough for a page."""
    with db.read() as connection:
        left = statements.people_to_settle(
            connection, ends_at, after=after, limit=PREVIEW_SHOWN + 1
        )
        shown = [one.person_id for one in left[:PREVIEW_SHOWN]]
        more = shown[-1] if len(left) > PREVIEW_SHOWN else None
        return Preview(tuple(_preview(connection, shown, ends_at)), more)


def preview_close(
    db: Database, ends_at: Instant, *, after: int = 0, limit: int | None = None
) -> list[WouldGet]:
    """Say who would get what if a period closed now, to a minor unit; nothing is written.

    Time that is not accrued yet is in it. `after` and `limit` take some people, by their ids.
    """
    with db.read() as connection:
        left = statements.people_to_settle(connection, ends_at, after=after, limit=limit)
        return _preview(connection, [one.person_id for one in left], ends_at)


def preview_own(db: Database, person_id: int, ends_at: Instant) -> list[WouldGet]:
    """Say what one person would get if a period closed now."""
    with db.read() as connection:
        return _preview(connection, [person_id], ends_at)


def per_hour_minor(row: FloorRow) -> float | None:
    """Say what a wage row comes to for an hour, in minor units; None when it does not say."""
    exact = hourly(row)
    return None if exact is None else float(exact)


def _preview(connection: Connection, people: Sequence[int], ends_at: Instant) -> list[WouldGet]:
    period = next_period(connection, ends_at)
    terms = load_terms(connection, period)
    names = store.load_names(connection, people)
    found: list[WouldGet] = []
    for some in chunks(people, PEOPLE_AT_ONCE):
        pending = statements.load_pending(connection, some, ends_at)
        for plan in plan_people(connection, period, some, terms, pending):
            lines = plan.with_extras([0] * len(plan.extras), period)
            name = names.get(plan.payee.person_id, "")
            found += [_would_get(plan, name, lines, currency) for currency in currencies(lines)]
    return sorted(found, key=lambda line: (line.display_name, line.person_id, line.currency))


def _would_get(plan: Plan, name: str, all_lines: Sequence[Line], currency: str) -> WouldGet:
    lines = of_currency(all_lines, currency)
    counting = [line for line in lines if line.counts]
    return WouldGet(
        person_id=plan.payee.person_id,
        display_name=name,
        country=plan.payee.country,
        currency=currency,
        paid_ms=sum(line.paid_ms for line in lines),
        accrued_micros=sum(line.amount_micros for line in counting),
        floor_micros=due_by_floor(lines),
        top_up_minor=sum(plan.top_ups.get(currency, {}).values()),
        unfloored_ms=sum(line.paid_ms for line in counting if line.floor is None),
        extras_micros=sum(line.amount_micros for line in lines if not line.counts),
    )
