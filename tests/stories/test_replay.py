"""A statement is recomputed from its events to the same cent, and a changed one is found out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import NotFoundError
from fairhand.pay.earnings.store import load_earnings
from fairhand.pay.floors.store import load_rows, save_rows
from fairhand.pay.ledger.store import Earning, post_earning
from fairhand.people.accounts.rules import Actor
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.read_replay import read_replay
from tests.stores.pay_world import GBP_12, MORNING, World, hear
from tests.stories.test_pay_stories import NOON, ready, work
from tests.stories.test_seal_books import without_guards

NEXT_DAY = Instant(MORNING + DAY_MS)


def settled(db: Database) -> World:
    """Amina worked in two projects, was paid for pieces, expenses and a correction; two closes."""
    world = ready(db)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 7)
        hear(connection, world.amina, world.tissue, "next", 600)
        hear(connection, world.amina, world.tissue, "heartbeat", 677)
        extra(connection, world, "expense", 12_345_678, 0)
        extra(connection, world, "piece", 21_000_003, 0, quantity=3, unit=7_000_001)
        extra(connection, world, "correction", 1, 90_001)
    close_pay_period(db, ClosePayPeriod(NOON), NOON)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 3, after_s=20_000)
    close_pay_period(db, ClosePayPeriod(NEXT_DAY), NEXT_DAY)
    return world


def extra(
    connection: Connection,
    world: World,
    basis: str,
    amount: int,
    paid_ms: int,
    quantity: int | None = None,
    unit: int | None = None,
) -> None:
    earned = Earning(
        kind="accrual",
        idem_key=f"extra:{basis}",
        person_id=world.amina,
        project_id=world.digits,
        activity="annotate",
        started_at=MORNING,
        ended_at=MORNING,
        paid_ms=paid_ms,
        rate_micros_per_hour=GBP_12,
        currency="GBP",
        amount_micros=amount,
        basis=basis,
        quantity=quantity,
        unit_micros=unit,
    )
    post_earning(connection, earned, MORNING)


def statements(db: Database, world: World) -> list[int]:
    with db.read() as connection:
        return sorted(one.id for one in load_earnings(connection, world.amina).statements)


def test_every_check_of_every_statement_holds(db: Database) -> None:
    world = settled(db)
    numbers = statements(db, world)
    assert len(numbers) == 2
    for number in numbers:
        replayed = read_replay(db, number)
        assert replayed.difference is None, replayed.difference
        names = {check.name for check in replayed.checks}
        assert {"text", "chain", "amounts", "ledger", "floors", "gross", "to pay"} <= names
    first = {check.name: check.found for check in read_replay(db, numbers[0]).checks}
    assert first[f"time of project {world.digits}"] == str(
        10 * 30_000 + 120_000
    )  # a gap counts up to its cap
    assert first[f"time of project {world.tissue}"] == "197000"
    assert first[f"top-up in project {world.digits}"] != "0.00"


@pytest.mark.parametrize(
    ("table", "change", "name"),
    [
        ("statement", "UPDATE statement SET body = replace(body, '0', '1')", "text"),
        ("statement", "UPDATE statement SET carry_micros = carry_micros + 1", "index"),
        ("accrual", "UPDATE accrual SET paid_ms = paid_ms + 1 WHERE entry_id = 3", "time of"),
        ("accrual", "UPDATE accrual SET amount_micros = amount_micros + 1 WHERE entry_id = 3", ""),
        ("accrual", "UPDATE accrual SET unit_micros = 1 WHERE basis = 'piece'", "amounts"),
        ("posting", "UPDATE posting SET amount_micros = amount_micros * 2", "ledger"),
        ("time_event", "UPDATE time_event SET at = at - 1 WHERE id = 1", "time of"),
        (
            "period_entry",
            "UPDATE period_entry SET floor_minor_per_hour = floor_minor_per_hour - 1",
            "line",
        ),
    ],
)
def test_who_changes_what_a_statement_was_made_of_is_found_out(
    db: Database, table: str, change: str, name: str
) -> None:
    world = settled(db)
    with without_guards(db, table) as connection:
        connection.execute(text(change))
    found = read_replay(db, statements(db, world)[0])
    assert found.difference is not None
    assert any(check.name.startswith(name) for check in found.checks if not check.ok)


def test_a_wage_row_that_is_changed_later_changes_no_replay(db: Database) -> None:
    """Floors are bitemporal: what counts is what was known when the statement was written."""
    world = settled(db)
    later = Instant(NEXT_DAY + DAY_MS)
    with db.write() as connection:
        rows = load_rows(connection, "GB")
        doubled = [replace(row, amount="99.00") for row in rows if row.period == "hour"]
        assert save_rows(connection, doubled, later).changed
    assert all(read_replay(db, number).difference is None for number in statements(db, world))


def test_a_statement_is_replayed_for_its_person_and_for_auditors_only(db: Database) -> None:
    world = settled(db)
    number = statements(db, world)[0]
    amina = Actor(world.amina, "Amina", "en", {}, None)
    farid = Actor(999, "Farid", "en", {0: {"auditor"}}, None)
    dmitri = Actor(998, "Dmitri", "en", {}, None)
    assert read_replay(db, number, amina).difference is None
    assert read_replay(db, number, farid).difference is None
    for actor, wanted in ((dmitri, number), (farid, 10**6)):
        with pytest.raises(NotFoundError):
            read_replay(db, wanted, actor)
