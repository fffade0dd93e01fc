"""The hot path of pay on both engines: time in, accruals out, the ledger in balance."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.pay.ledger.rules import GUARANTEE, escrow_key, owner_key, payable_key
from fairhand.pay.ledger.store import fund_escrow
from fairhand.pay.store import Accrued, accrue, flush_pending, people_with_pending_time
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import accrual, entry, escrow, person_clock
from tests.stores.pay_world import GBP_12, MORNING, World, add_person, balance, hear, make_world

SECOND_OF_GBP_12 = GBP_12 // 3600 + 1  # rounded up: 333,333.33 micros


def pay(
    connection: Connection, world: World, paid_ms: int, key: str, who: int | None = None
) -> Accrued:
    return accrue(
        connection,
        person_id=who or world.amina,
        project_id=world.digits,
        activity="annotate",
        rate_micros_per_hour=GBP_12,
        currency="GBP",
        paid_ms=paid_ms,
        started_at=MORNING,
        now=Instant(MORNING + 60_000),
        idem_key=key,
    )


def fund(connection: Connection, world: World, micros: int, key: str = "fund:1") -> bool:
    return fund_escrow(
        connection,
        project_id=world.digits,
        currency="GBP",
        amount_micros=micros,
        idem_key=key,
        now=MORNING,
    )


def test_a_submit_is_paid_from_escrow_for_the_time_since_it_was_served(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        fund(connection, world, 10 * GBP_12)
        assert hear(connection, world.amina, world.digits, "next", 0) == 0
        pending = hear(connection, world.amina, world.digits, "submit", 30)
        assert pending == 30_000
        accrued = pay(connection, world, pending, "submit:1")
        assert accrued.amount_micros == GBP_12 * 30 // 3600
        assert balance(connection, payable_key(world.amina)) == accrued.amount_micros
        assert balance(connection, escrow_key(world.digits)) == 10 * GBP_12 - accrued.amount_micros
        assert balance(connection, owner_key(world.digits)) == -10 * GBP_12
        left = connection.execute(select(escrow.c.left_micros)).scalar_one()
        assert left == balance(connection, escrow_key(world.digits))
        assert hear(connection, world.amina, world.digits, "next", 31) == 1_000


def test_what_escrow_cannot_cover_the_operator_owes_and_the_person_is_paid(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        fund(connection, world, 1_000_000)
        hear(connection, world.amina, world.digits, "next", 0)
        accrued = pay(
            connection, world, hear(connection, world.amina, world.digits, "submit", 60), "s"
        )
        assert accrued.amount_micros == GBP_12 // 60
        assert balance(connection, escrow_key(world.digits)) == 0
        assert balance(connection, GUARANTEE) == 1_000_000 - accrued.amount_micros
        assert balance(connection, payable_key(world.amina)) == accrued.amount_micros


def test_a_project_that_was_never_funded_still_pays(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        hear(connection, world.amina, world.digits, "next", 0)
        accrued = pay(
            connection, world, hear(connection, world.amina, world.digits, "submit", 1), "s"
        )
        assert accrued.amount_micros == SECOND_OF_GBP_12
        assert balance(connection, GUARANTEE) == -SECOND_OF_GBP_12


def test_new_funding_pays_the_guarantee_back_first(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        hear(connection, world.amina, world.digits, "next", 0)
        pay(connection, world, hear(connection, world.amina, world.digits, "submit", 1), "s")
        fund(connection, world, 1_000_000)
        assert balance(connection, GUARANTEE) == 0
        assert balance(connection, escrow_key(world.digits)) == 1_000_000 - SECOND_OF_GBP_12
        left = connection.execute(select(escrow.c.left_micros)).scalar_one()
        assert left == 1_000_000 - SECOND_OF_GBP_12


def test_the_same_key_earns_once_and_gives_the_same_answer(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        hear(connection, world.amina, world.digits, "next", 0)
        pending = hear(connection, world.amina, world.digits, "submit", 30)
        first = pay(connection, world, pending, "submit:1")
        assert [pay(connection, world, pending, "submit:1") for _ in range(3)] == [first] * 3
        assert connection.execute(select(func.count()).select_from(entry)).scalar_one() == 1
        assert balance(connection, payable_key(world.amina)) == first.amount_micros


def test_a_key_of_somebody_elses_earning_is_refused(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        esi = add_person(connection, "Esi")
        pay(connection, world, 0, "submit:1")
        with pytest.raises(ConflictError, match="used for something else"):
            pay(connection, world, 0, "submit:1", who=esi)


def test_funding_twice_with_one_key_funds_once(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        assert fund(connection, world, 5_000_000)
        assert not fund(connection, world, 5_000_000)
        assert balance(connection, escrow_key(world.digits)) == 5_000_000


def test_time_that_is_not_in_the_stream_cannot_be_paid(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        hear(connection, world.amina, world.digits, "next", 0)
        hear(connection, world.amina, world.digits, "submit", 10)
    with pytest.raises(ConflictError, match="unpaid time"), db.write() as connection:
        pay(connection, world, 10_001, "submit:1")
    with db.read() as connection:
        assert connection.execute(select(func.count()).select_from(entry)).scalar_one() == 0
        assert connection.execute(select(person_clock.c.pending_ms)).scalar_one() == 10_000


def test_a_submit_without_any_time_has_an_accrual_of_nothing(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        assert hear(connection, world.amina, world.digits, "submit", 0) == 0
        assert pay(connection, world, 0, "submit:1").amount_micros == 0
        assert connection.execute(select(func.count()).select_from(accrual)).scalar_one() == 1


def test_time_of_another_project_is_accrued_there_at_its_own_rate(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        hear(connection, world.amina, world.tissue, "next", 0)
        hear(connection, world.amina, world.tissue, "heartbeat", 36)
        assert hear(connection, world.amina, world.digits, "next", 72) == 0
        rows = connection.execute(
            select(accrual.c.project_id, accrual.c.paid_ms, accrual.c.amount_micros)
        ).all()
        assert [tuple(row) for row in rows] == [(world.tissue, 72_000, 2 * GBP_12 // 50)]
        assert hear(connection, world.amina, world.digits, "submit", 80) == 8_000


def test_two_tabs_on_two_projects_are_paid_once(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        for second in range(0, 100, 10):
            where = world.digits if second % 20 else world.tissue
            hear(connection, world.amina, where, "heartbeat", second)
        flush_pending(connection, world.amina, Instant(MORNING + 100_000))
        paid = connection.execute(select(func.sum(accrual.c.paid_ms))).scalar_one()
        assert paid == 90_000


def test_stop_accrues_what_is_pending_and_the_pause_costs_nobody_anything(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        hear(connection, world.amina, world.digits, "next", 0)
        assert hear(connection, world.amina, world.digits, "stop", 50) == 0
        assert hear(connection, world.amina, world.digits, "session_start", 5000) == 0
        paid = connection.execute(select(func.sum(accrual.c.paid_ms))).scalar_one()
        assert paid == 50_000


def test_flush_gives_every_pending_minute_an_accrual_once(db: Database) -> None:
    later = Instant(MORNING + 3_600_000)
    with db.write() as connection:
        world = make_world(connection)
        hear(connection, world.amina, world.digits, "read", 0)
        hear(connection, world.amina, world.digits, "heartbeat", 60)
        assert people_with_pending_time(connection, later) == [world.amina]
        assert people_with_pending_time(connection, MORNING) == []
        flushed = flush_pending(connection, world.amina, later)
        assert flushed is not None
        assert flushed.amount_micros == GBP_12 // 60
        assert flush_pending(connection, world.amina, later) is None
        assert connection.execute(select(accrual.c.activity)).scalar_one() == "read"
        assert people_with_pending_time(connection, later) == []


@pytest.mark.parametrize("table", ["time_event", "entry", "posting", "accrual"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {}"])
def test_the_database_refuses_to_edit_or_delete_what_was_recorded(
    db: Database, table: str, change: str
) -> None:
    with db.write() as connection:
        world = make_world(connection)
        hear(connection, world.amina, world.digits, "next", 0)
        pay(connection, world, hear(connection, world.amina, world.digits, "submit", 9), "s")
    edit = "currency = 'EUR'" if table == "posting" else "project_id = project_id"
    refused = pytest.raises(DatabaseError, match="never edited or deleted")
    with refused, db.write() as connection:
        connection.exec_driver_sql(change.format(table, edit))


def test_escrow_of_another_currency_is_refused(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        fund(connection, world, 1_000_000)
    with pytest.raises(ConflictError, match="another currency"), db.write() as connection:
        fund_escrow(
            connection,
            project_id=world.digits,
            currency="EUR",
            amount_micros=1,
            idem_key="fund:2",
            now=MORNING,
        )
    with db.read() as connection:
        assert balance(connection, escrow_key(world.digits)) == 1_000_000


def test_escrow_never_goes_below_zero_when_many_earn_at_once(db: Database) -> None:
    workers, submits = 6, 8
    with db.write() as connection:
        world = make_world(connection)
        people = [add_person(connection, f"Contributor {n}") for n in range(workers)]
        fund(connection, world, SECOND_OF_GBP_12 * 20)
    problems: list[BaseException] = []

    def work(who: int) -> None:
        try:
            for step in range(submits):
                with db.write() as connection:
                    hear(connection, who, world.digits, "next", step * 10)
                    hear(connection, who, world.digits, "submit", step * 10 + 1)
                    pending = 1_000 if step == 0 else 10_000
                    pay(connection, world, pending, f"{who}:{step}", who)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with db.read() as connection:
        owed = connection.execute(select(func.sum(accrual.c.amount_micros))).scalar_one()
        assert balance(connection, escrow_key(world.digits)) == 0
        assert connection.execute(select(escrow.c.left_micros)).scalar_one() == 0
        assert sum(balance(connection, payable_key(who)) for who in people) == owed
        assert balance(connection, GUARANTEE) == SECOND_OF_GBP_12 * 20 - owed
