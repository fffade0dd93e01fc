"""The self-score says green, red or nothing, with its numbers, and never more than it knows."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.pay.books.score import NOT_OFFICIAL, Scored, score_floor
from fairhand.storage.database import Database
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.read_books import prove_floors, read_books, score_ourselves
from tests.stories.test_pay_stories import NOON, ready, work
from tests.stories.test_seal_books import without_guards


def scores(db: Database) -> dict[str, Scored]:
    return {one.id: one for one in score_ourselves(db, NOON)}


def settled(db: Database) -> int:
    world = ready(db)
    with db.write() as connection:
        work(connection, world.amina, world.digits, 20)
    return close_pay_period(db, ClosePayPeriod(NOON), NOON).period_id or 0


def test_an_empty_workspace_shows_nothing_either_way(db: Database) -> None:
    assert {one.state for one in scores(db).values()} == {"no evidence"}
    assert "no score of Fairwork" in NOT_OFFICIAL


def test_what_the_books_show_is_green_with_its_numbers(db: Database) -> None:
    settled(db)
    found = scores(db)
    greens = {name for name, one in found.items() if one.state == "green"}
    assert {
        "fairwork-1.1-kept",
        "fairwork-1.1-set-aside",
        "fairwork-1.2-floor",
        "fairwork-2.1-long-days",
        "c193-statements",
    } <= greens
    assert found["c193-statements"].numbers == {"statements": 1, "missing": 0}
    assert found["fairwork-1.2-floor"].numbers["below"] == 0
    assert all(one.query for one in found.values() if one.numbers)
    assert "red" not in {one.state for one in found.values()}


@pytest.mark.parametrize(
    ("table", "change", "point"),
    [
        (
            "period_entry",
            "UPDATE period_entry SET floor_minor_per_hour = floor_minor_per_hour + 99",
            "fairwork-1.2-floor",
        ),
        ("statement", "DELETE FROM statement", "c193-statements"),
        ("accrual", "UPDATE accrual SET paid_ms = 40000000", "fairwork-2.1-long-days"),
        (
            "posting",
            "UPDATE posting SET amount_micros = -amount_micros",
            "fairwork-1.1-kept",
        ),
    ],
)
def test_what_is_wrong_is_red_or_shows_nothing_but_never_green(
    db: Database, table: str, change: str, point: str
) -> None:
    settled(db)
    with without_guards(db, table) as connection:
        connection.execute(text(change))
    assert scores(db)[point].state != "green"


def test_the_floor_point_names_a_period_that_fell_short(db: Database) -> None:
    period = settled(db)
    assert prove_floors(db, period).holds
    with without_guards(db, "period_entry") as connection:
        connection.execute(text("UPDATE period_entry SET floor_minor_per_hour = 5000"))
    proof = prove_floors(db, period)
    assert (proof.holds, proof.everybody.below) == (False, 1)
    assert score_floor(proof).state == "red"


def test_all_kinds_of_accounts_together_are_zero_in_every_currency(db: Database) -> None:
    settled(db)
    books = read_books(db, Instant(NOON))
    assert sum(one.micros for one in books.balances) == 0
    assert {one.kind for one in books.balances} >= {"owner", "escrow", "payable"}
    assert books.chain.waiting == books.entries
