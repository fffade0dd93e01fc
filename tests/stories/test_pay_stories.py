"""Funding, wage rows and the close of a pay period, told from end to end on both engines."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction

import pytest
from sqlalchemy import func, select

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.core.money import MICROS, Money
from fairhand.pay.audit.store import check_clock, load_ledger_check
from fairhand.pay.earnings.store import (
    load_earnings,
    load_statement,
    owed_now,
    pay_facts,
    project_cost,
)
from fairhand.pay.statement.store import ToSettle
from fairhand.pay.store import accrue
from fairhand.storage.database import Connection, Database
from fairhand.storage.tables.pay import accrual, entry, pay_period, posting, statement
from fairhand.storage.tables.proof import log_event
from fairhand.use_cases.close_pay_period import (
    ClosePayPeriod,
    close_pay_period,
    close_people,
    finish_period,
    open_period,
    people_left,
    read_terms,
)
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors
from tests.stores.pay_world import GBP_12, MORNING, World, add_person, hear, make_world

NOON = Instant(MORNING + 3 * HOUR_MS)
NEXT_DAY = Instant(MORNING + DAY_MS)


def ready(db: Database) -> World:
    """The cast, the shipped wage rows, and GBP 100 in the escrow of the digits project."""
    with db.write() as connection:
        world = make_world(connection)
    load_wage_floors(db, LoadWageFloors(), MORNING)
    funding = FundProject(world.digits, world.carmen, Money(10_000, "GBP"), "first")
    fund_project(db, funding, MORNING)
    return world


def work(connection: Connection, who: int, where: int, submits: int, after_s: int = 0) -> None:
    """Submit every 30 seconds: ten pence each, exactly."""
    hear(connection, who, where, "next", after_s)
    for number in range(1, submits + 1):
        second = after_s + number * 30
        pending = hear(connection, who, where, "submit", second)
        accrue(
            connection,
            person_id=who,
            project_id=where,
            activity="annotate",
            rate_micros_per_hour=GBP_12,
            currency="GBP",
            paid_ms=pending,
            started_at=Instant(MORNING + (second - 30) * 1000),
            now=Instant(MORNING + second * 1000),
            idem_key=f"{who}:{where}:{second}",
        )


def rows_of_everything(db: Database) -> list[int]:
    with db.read() as connection:
        tables = (entry, posting, accrual, statement, pay_period, log_event)
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables
        ]


def assert_books_are_right(db: Database, *people: int) -> None:
    with db.read() as connection:
        check = load_ledger_check(connection)
        assert check.is_right, check
        assert [check_clock(connection, who) for who in people] == [0] * len(people)


def test_everybody_ends_a_period_at_the_floor_with_a_statement(db: Database) -> None:
    world = ready(db)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 20)
    closed = close_pay_period(db, ClosePayPeriod(NOON), NOON)
    assert (closed.people, closed.statements) == (1, 1)
    with db.read() as connection:
        mine = load_earnings(connection, world.amina)
        document = load_statement(connection, mine.statements[0].id)
        owed = owed_now(connection, world.amina, "GBP")
    total = mine.currencies[0]
    gross = Fraction(total.accrued_micros + total.top_up_micros, MICROS)
    assert gross / Fraction(total.paid_ms, HOUR_MS) >= 1271
    assert (total.accrued_micros, total.top_up_micros) == (200 * MICROS, 12 * MICROS)
    assert (total.unsettled_micros, total.payable_micros) == (0, 212 * MICROS)
    assert owed == Money(212, "GBP")
    assert document is not None
    assert document.sha256 == hashlib.sha256(document.body.encode()).hexdigest()
    assert json.loads(document.body)["totals"]["to_pay"] == "2.12"
    assert_books_are_right(db, world.amina)


def test_closing_twice_changes_nothing(db: Database) -> None:
    world = ready(db)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 3)
    first = close_pay_period(db, ClosePayPeriod(NOON), NOON)
    before = rows_of_everything(db)
    again = close_pay_period(db, ClosePayPeriod(NOON), Instant(NOON + 1))
    later = close_pay_period(db, ClosePayPeriod(NEXT_DAY), NEXT_DAY)
    assert (again.period_id, again.statements) == (first.period_id, 0)
    assert later.period_id is None
    assert rows_of_everything(db) == before


def test_a_close_that_was_killed_goes_on_where_it_stopped(db: Database) -> None:
    world = ready(db)
    with db.write() as connection:
        esi = add_person(connection, "Esi")
        work(connection, world.amina, world.digits, 3)
        work(connection, esi, world.digits, 3)
    period_id = open_period(db, ClosePayPeriod(NOON), NOON)
    assert period_id is not None
    terms = read_terms(db, period_id)
    assert people_left(db, period_id) == [ToSettle(world.amina, 3), ToSettle(esi, 3)]
    assert len(close_people(db, period_id, [world.amina], NOON, terms)) == 1
    assert close_people(db, period_id, [world.amina], NOON, terms) == ()
    assert people_left(db, period_id) == [ToSettle(esi, 3)]
    assert not finish_period(db, period_id, NOON)
    closed = close_pay_period(db, ClosePayPeriod(NOON), NOON)
    assert (closed.period_id, closed.people) == (period_id, 1)
    assert not finish_period(db, period_id, NOON)
    assert_books_are_right(db, world.amina, esi)


def test_pending_minutes_are_accrued_and_paid_at_the_close(db: Database) -> None:
    world = ready(db)
    with db.write() as connection:
        hear(connection, world.amina, world.digits, "read", 0)
        hear(connection, world.amina, world.digits, "heartbeat", 100)
    close_pay_period(db, ClosePayPeriod(NOON), NOON)
    with db.read() as connection:
        mine = load_earnings(connection, world.amina)
    assert mine.pending_ms == 0
    assert [(line.activity, line.paid_ms) for line in mine.lines] == [
        ("read", 100_000),
        ("top_up", 0),
    ]
    assert_books_are_right(db, world.amina)


def test_what_comes_late_is_settled_in_the_next_period(db: Database) -> None:
    world = ready(db)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 3)
    close_pay_period(db, ClosePayPeriod(NOON), NOON)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 3, after_s=1000)  # recorded late: before noon
        work(connection, world.amina, world.digits, 3, after_s=4 * 3600)
    second = close_pay_period(db, ClosePayPeriod(NEXT_DAY), NEXT_DAY)
    with db.read() as connection:
        statements = load_earnings(connection, world.amina).statements
        newest = load_statement(connection, statements[0].id)
    assert statements[0].period_id == second.period_id
    assert newest is not None
    lines = json.loads(newest.body)["lines"]
    assert [line["late_from_earlier_period"] for line in lines if line["kind"] == "time"] == [
        False,
        True,
    ]
    assert json.loads(newest.body)["previous_sha256"] == statements[1].sha256
    assert_books_are_right(db, world.amina)


def test_each_project_pays_its_own_top_up(db: Database) -> None:
    world = ready(db)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 120)  # GBP 12.00: below the floor of 12.71
        hear(connection, world.amina, world.tissue, "next", 3600)  # GBP 24.00
        hear(connection, world.amina, world.tissue, "heartbeat", 3700)
    close_pay_period(db, ClosePayPeriod(NOON), NOON)
    with db.read() as connection:
        digits = project_cost(connection, world.digits)
        tissue = project_cost(connection, world.tissue)
        facts = pay_facts(connection, world.digits)
    assert digits is not None
    assert tissue is not None
    assert (digits.top_up_micros, tissue.top_up_micros) == (71 * MICROS, 0)
    assert digits.left_micros == digits.funded_micros - 1271 * MICROS
    assert tissue.guarantee_micros == tissue.accrued_micros > 0
    assert [(one.amount_micros, one.floor_micros) for one in facts] == [
        (1271 * MICROS, 1271 * MICROS)
    ]


def test_before_the_close_a_release_cannot_say_what_the_floor_was(db: Database) -> None:
    world = ready(db)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 3)
    with db.read() as connection:
        facts = pay_facts(connection, world.digits)
    assert [(one.paid_ms, one.floor_micros) for one in facts] == [(90_000, None)]


def test_a_person_without_a_floor_is_paid_and_the_statement_says_so(db: Database) -> None:
    world = ready(db)
    with db.write() as connection:
        esi = add_person(connection, "Esi", "KE")
        work(connection, esi, world.digits, 3)
    close_pay_period(db, ClosePayPeriod(NOON), NOON)
    with db.read() as connection:
        row = load_earnings(connection, esi).statements[0]
    assert (row.accrued_micros, row.top_up_micros, row.floor_due_micros) == (30 * MICROS, 0, None)


def test_every_statement_is_a_line_in_the_log(db: Database) -> None:
    world = ready(db)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 3)
    close_pay_period(db, ClosePayPeriod(NOON), NOON)
    with db.read() as connection:
        kinds = (
            connection.execute(select(log_event.c.kind).order_by(log_event.c.id)).scalars().all()
        )
        body = connection.execute(
            select(log_event.c.body).where(log_event.c.kind == "pay.statement_made")
        ).scalar_one()
        row = load_earnings(connection, world.amina).statements[0]
    assert kinds == [
        "pay.wage_floors_loaded",
        "project.funded",
        "pay.period_opened",
        "pay.statement_made",
        "pay.period_closed",
    ]
    assert json.loads(body)["statements"] == [row.sha256]


def test_a_period_cannot_be_closed_before_it_ends_or_out_of_order(db: Database) -> None:
    world = ready(db)
    with pytest.raises(InvalidError, match="before it ends"):
        close_pay_period(db, ClosePayPeriod(Instant(NOON + 1)), NOON)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 1)
    close_pay_period(db, ClosePayPeriod(NOON), NOON)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 1, after_s=100)
    with pytest.raises(InvalidError, match="next one"):
        close_pay_period(db, ClosePayPeriod(Instant(NOON - 1)), NOON)
    with pytest.raises(NotFoundError):
        read_terms(db, 999)


def test_funding_counts_once_and_only_in_the_projects_currency(db: Database) -> None:
    world = ready(db)
    again = FundProject(world.digits, world.carmen, Money(10_000, "GBP"), "first")
    assert fund_project(db, again, NOON).again
    more = fund_project(db, FundProject(world.digits, world.carmen, Money(5, "GBP"), "b"), NOON)
    assert more.left_micros == 10_005 * MICROS
    with pytest.raises(InvalidError, match="pays in GBP"):
        fund_project(db, FundProject(world.digits, world.carmen, Money(5, "EUR"), "c"), NOON)
    with pytest.raises(InvalidError, match="more than nothing"):
        fund_project(db, FundProject(world.digits, world.carmen, Money(0, "GBP"), "d"), NOON)
    with pytest.raises(NotFoundError):
        fund_project(db, FundProject(999, world.carmen, Money(5, "GBP"), "e"), NOON)
    assert_books_are_right(db)


def test_wage_rows_load_once_and_bad_rows_are_reported(db: Database) -> None:
    first = load_wage_floors(db, LoadWageFloors(), MORNING)
    again = load_wage_floors(db, LoadWageFloors(), NOON)
    broken = load_wage_floors(db, LoadWageFloors("id,country\n"), NOON)
    assert first.saved.added > 30
    assert first.issues == ()
    assert (again.saved.added, again.saved.changed) == (0, 0)
    assert "Columns missing" in broken.issues[0].message
    assert rows_of_everything(db)[-1] == 1
