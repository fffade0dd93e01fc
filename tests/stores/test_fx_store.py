"""Exchange rates in the database, on both engines."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import Issue
from fairhand.pay.fx.reader import COLUMNS, ReadRate, read_rate
from fairhand.pay.fx.store import SavedRates, count_rates, load_book, load_latest, save_rates
from fairhand.storage.database import Database
from tests.stores.pay_world import MORNING, add_person

NEXT_DAY = Instant(MORNING + DAY_MS)


def rate(quote: str, value: str, day: str, title: str = "ECB") -> ReadRate:
    cells = dict(zip(COLUMNS, ("EUR", quote, value, day, title, ""), strict=True))
    found = read_rate(cells, "here")
    assert not isinstance(found, Issue), found
    return found


RATES = (
    rate("KES", "150.10", "2026-11-19"),
    rate("KES", "149.80", "2026-11-20"),
    rate("KES", "140", "2026-10-01"),
    rate("GBP", "0.88", "2026-11-20"),
)


def test_rates_are_added_once(db: Database) -> None:
    with db.write() as connection:
        carmen = add_person(connection, "Carmen")
        assert save_rates(connection, [*RATES, RATES[0]], carmen, MORNING) == SavedRates(4, 1)
        assert save_rates(connection, RATES, None, NEXT_DAY) == SavedRates(0, 4)
        assert save_rates(connection, (), None, NEXT_DAY) == SavedRates(0, 0)
        assert count_rates(connection) == 4
        latest = load_latest(connection)
    assert [(one.rate.quote, one.written, one.entered_by) for one in latest] == [
        ("GBP", "0.88", carmen),
        ("KES", "149.80", carmen),
    ]


def test_a_book_holds_what_can_hold_between_two_instants(db: Database) -> None:
    with db.write() as connection:
        save_rates(connection, RATES, None, MORNING)
        book = load_book(connection, Instant(MORNING - 2 * DAY_MS), MORNING)
    assert [one.as_of for one in book.pairs["EUR", "KES"]] == [
        date(2026, 11, 19),
        date(2026, 11, 20),
    ]
    found = book.at("KES", "GBP", MORNING)
    assert found is not None
    assert found.value == Fraction("0.88") / Fraction("149.80")
    assert found.via == "EUR"


def test_a_correction_is_a_newer_row_and_the_past_can_still_be_read(db: Database) -> None:
    with db.write() as connection:
        save_rates(connection, [rate("KES", "15.0", "2026-11-20")], None, MORNING)
        save_rates(connection, [rate("KES", "150.0", "2026-11-20")], None, NEXT_DAY)
        then = load_book(connection, MORNING, MORNING, known_at=MORNING).at("EUR", "KES", MORNING)
        now = load_book(connection, MORNING, MORNING).at("EUR", "KES", MORNING)
        assert load_latest(connection)[0].written == "150.0"
    assert then is not None
    assert now is not None
    assert [then.value, now.value] == [Fraction(15), Fraction(150)]


def test_no_rate_can_be_changed_or_deleted(db: Database) -> None:
    with db.write() as connection:
        save_rates(connection, RATES, None, MORNING)
    for statement in ("UPDATE fx_rate SET rate = '1'", "DELETE FROM fx_rate"):
        with pytest.raises(DatabaseError), db.write() as connection:
            connection.execute(text(statement))
