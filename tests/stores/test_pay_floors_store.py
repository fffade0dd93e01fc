"""Wage rows in the database, on both engines."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select

from fairhand.core.clock import Instant
from fairhand.pay.floors.reader import read_floor_rows
from fairhand.pay.floors.rules import Held, floor_for
from fairhand.pay.floors.shipped import shipped_floors
from fairhand.pay.floors.store import (
    SavedFloors,
    count_places,
    floor_of_person,
    load_held,
    load_row,
    load_rows,
    load_versions,
    save_rows,
)
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import wage_floor
from fairhand.storage.tables.pay_office import floor_ratchet
from tests.stores.pay_world import MORNING, add_person, make_world

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


def test_what_was_known_and_when_it_was_valid_are_two_times(db: Database) -> None:
    """A raise that is gazetted late is valid before it was known; both can be asked for."""
    first = ROWS[0]
    raised = replace(first, amount="12.50", valid_from="2026-06-01")
    known_later = Instant(MORNING + 1_000)
    with db.write() as connection:
        save_rows(connection, [first], MORNING)
        save_rows(connection, [raised], known_later)
        versions = load_versions(connection, first.id)

        def floor_at(valid: Instant, known: Instant) -> str:
            found = floor_for(load_rows(connection, first.country, known), "FR", "", valid)
            return str(found.money) if found else "closed"

        assert floor_at(MORNING, MORNING) == "EUR 12.31"
        assert floor_at(MORNING, Instant(known_later - 1)) == "EUR 12.31"
        assert floor_at(MORNING, known_later) == "EUR 12.50"
        assert floor_at(known_later, MORNING) == "EUR 12.31"
        assert floor_at(MORNING, Instant(MORNING - 1)) == "closed"
        assert load_row(connection, first.id) == raised
        assert load_row(connection, "none") is None
    assert versions == [(MORNING, first), (known_later, raised)]


def test_held_floors_are_a_persons_by_project_and_currency(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        for project, currency, minor in ((world.digits, "GBP", 1300), (world.tissue, "EUR", 9)):
            connection.execute(
                floor_ratchet.insert().values(
                    person_id=world.amina,
                    project_id=project,
                    currency=currency,
                    minor_per_hour=minor,
                    floor_row="row",
                    since=MORNING,
                )
            )
        assert load_held(connection, world.amina) == {
            (world.digits, "GBP"): Held(1300, "row", MORNING),
            (world.tissue, "EUR"): Held(9, "row", MORNING),
        }
        assert load_held(connection, world.carmen) == {}


def test_places_are_counted(db: Database) -> None:
    with db.write() as connection:
        for name, country, region in (
            ("Amina", "KE", ""),
            ("Esi", "KE", ""),
            ("Bao", "VN", "HN"),
            ("Dmitri", "", ""),
        ):
            add_person(connection, name, country, region)
        assert count_places(connection) == [("", "", 1), ("KE", "", 2), ("VN", "HN", 1)]
