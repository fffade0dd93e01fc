"""Trouble below the SQL is told by what mends it; a mistake in the SQL is not hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fairhand.core.errors import UnavailableError
from fairhand.storage.database import Database


@pytest.mark.parametrize("address", ["no-such-host.invalid:5432", "127.0.0.1:1"])
def test_a_server_that_is_not_there_is_away_whatever_the_reason(address: str) -> None:
    gone = Database(f"postgresql+psycopg://x@{address}/x", pool_size=1)
    with pytest.raises(UnavailableError) as said, gone.read():
        pass
    gone.close()
    assert (said.value.code, said.value.retry_after_s) == ("database_unavailable", 5)


@pytest.fixture
def thing(db: Database) -> Iterator[Database]:
    """A database with a table of its own."""
    with db.write() as connection:
        connection.execute(text("CREATE TABLE thing (words TEXT)"))
    yield db
    with db.write() as connection:
        connection.execute(text("DROP TABLE thing"))


def write(db: Database, words: str = "a word") -> None:
    with db.write() as connection:
        connection.execute(text("INSERT INTO thing VALUES (:words)"), {"words": words})


def count(db: Database) -> int:
    with db.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM thing")).scalar_one())


def test_a_full_disk_is_said_and_writing_goes_on_when_there_is_room(sqlite_db: Database) -> None:
    with sqlite_db.write() as connection:
        connection.execute(text("CREATE TABLE thing (words TEXT)"))
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(UnavailableError) as said:
        write(sqlite_db, "word " * 50_000)
    assert (said.value.code, said.value.retry_after_s) == ("disk_full", 60)
    assert "Free some space" in said.value.message
    with sqlite_db.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    write(sqlite_db, "word " * 50_000)
    assert count(sqlite_db) == 1


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_sessions_that_are_ended_are_away_and_the_next_ones_work(thing: Database) -> None:
    ended = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        "AND datname = current_database()"
    )
    with pytest.raises(UnavailableError) as said:
        write_around(thing, lambda: run(thing, ended))
    assert said.value.code == "database_unavailable"
    assert count(thing) == 0
    write(thing)
    assert count(thing) == 1


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_story_that_goes_on_after_its_connection_broke_is_told_so(thing: Database) -> None:
    with pytest.raises(UnavailableError):
        go_on_without_session(thing)
    assert count(thing) == 0


def write_around(db: Database, trouble: Callable[[], None]) -> None:
    with db.write() as connection:
        connection.execute(text("INSERT INTO thing VALUES ('lost')"))
        trouble()
        connection.execute(text("INSERT INTO thing VALUES ('also')"))


def go_on_without_session(db: Database) -> None:
    with db.write() as connection:
        mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        run(db, f"SELECT pg_terminate_backend({mine})")
        with suppress(DBAPIError):
            connection.execute(text("INSERT INTO thing VALUES ('lost')"))
        connection.execute(text("INSERT INTO thing VALUES ('also')"))


def run(db: Database, statement: str) -> None:
    with db.read() as connection:
        connection.exec_driver_sql(statement)


def test_a_mistake_of_ours_is_not_taken_for_a_database_that_is_away(db: Database) -> None:
    with pytest.raises(DBAPIError), db.read() as connection:
        connection.execute(text("SELECT connection_full FROM no_such_io_table"))


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_host_that_vanishes_without_a_word_is_noticed(db: Database) -> None:
    with db.read() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        known = driver.info.get_parameters()
    assert known["tcp_user_timeout"] == "30000"
    assert known["keepalives_idle"] == "15"


def test_what_is_read_once_stays_out_of_memory_and_what_follows_does_not(
    sqlite_db: Database,
) -> None:
    mapped = "PRAGMA mmap_size"
    with sqlite_db.read_once() as connection:
        assert connection.exec_driver_sql(mapped).scalar_one() == 0
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql("SELECT * FROM no_such_table")
    with sqlite_db.read() as connection:
        assert connection.exec_driver_sql(mapped).scalar_one() == 128 * 1024 * 1024
