"""Wage rows in the database, on both engines."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select

from fairhand.core.clock import Instant
from fairhand.pay.floors.reader import read_floor_rows
from fairhand.pay.floors.shipped import shipped_floors
from fairhand.pay.floors.store import SavedFloors, floor_of_person, load_rows, save_rows
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import wage_floor
from tests.stores.pay_world import MORNING, add_person

ROWS = read_floor_rows(shipped_floors()).rows


def test_rows_come_back_as_they_were_saved_and_are_added_once(db: Database) -> None:
    with db.write() as connection:
        assert save_rows(connection, ROWS, MORNING) == SavedFloors(len(ROWS), 0, 0)
        assert save_rows(connection, ROWS, MORNING) == SavedFloors(0, 0, len(ROWS))
        assert load_rows(connection) == sorted(ROWS, key=lambda row: row.id)


def test_a_changed_row_supersedes_the_old_one_and_keeps_it(db: Database) -> None:
    first = ROWS[0]
    corrected = replace(first, amount="12.50")
    with db.write() as connection:
        save_rows(connection, ROWS, MORNING)
        assert save_rows(connection, [corrected], Instant(MORNING + 1)) == SavedFloors(0, 1, 0)
        current = {row.id: row for row in load_rows(connection, first.country)}
        assert current[first.id] == corrected
        kept = select(func.count()).select_from(wage_floor).where(wage_floor.c.id == first.id)
        assert connection.execute(kept).scalar_one() == 2


def test_the_floor_of_a_person_is_the_floor_of_their_place(db: Database) -> None:
    with db.write() as connection:
        save_rows(connection, ROWS, MORNING)
        in_tunis = floor_of_person(connection, add_person(connection, "Amina", "TN"), MORNING)
        in_nairobi = floor_of_person(connection, add_person(connection, "Esi", "KE"), MORNING)
        assert in_tunis is not None
        assert str(in_tunis.money) == "TND 2.667"
        assert in_nairobi is None
        assert floor_of_person(connection, 999, MORNING) is None
