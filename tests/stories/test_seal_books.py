"""The books are sealed in order, exactly once, and no sealed entry can be changed unseen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select, text

from fairhand.core.clock import Instant
from fairhand.pay.books import settled
from fairhand.pay.books.reader import all_entries
from fairhand.pay.books.rules import GENESIS, block_sha256, ledger_sha256
from fairhand.pay.books.settled import settled_until
from fairhand.pay.books.store import audit_chain, chain_state, list_blocks
from fairhand.pay.ledger.rules import funding
from fairhand.pay.ledger.store import post_entry
from fairhand.storage.database import Connection, Database
from fairhand.storage.tables.pay import entry
from fairhand.storage.tables.pay_office import ledger_sealed
from fairhand.storage.tables.proof import log_event
from fairhand.use_cases.seal_books import SealedBooks, seal_books
from tests.stores.pay_world import MORNING, World, make_world

LATER = Instant(MORNING + 60_000)


def fund(connection: Connection, world: World, number: int, minor: int = 1) -> None:
    lines = funding(world.digits, "GBP", minor)
    post_entry(connection, "funding", f"fund:{number}", world.digits, lines, MORNING, LATER)


def ready(db: Database, entries: int) -> World:
    with db.write() as connection:
        world = make_world(connection)
        for number in range(entries):
            fund(connection, world, number)
    return world


def problems(db: Database) -> list[str]:
    with db.read() as connection:
        return [f"{issue.place}: {issue.message}" for issue in audit_chain(connection)]


@contextmanager
def without_guards(db: Database, table: str) -> Iterator[Connection]:
    """What somebody does who has the database's own password."""
    with db.write() as connection:
        if db.is_sqlite:
            for verb in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER {table}_no_{verb}")
        else:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield connection


def test_everything_is_sealed_once_in_blocks_that_follow_each_other(db: Database) -> None:
    world = ready(db, 10)
    assert seal_books(db, LATER, step_size=4) == SealedBooks(3, 10)
    assert seal_books(db, LATER) == SealedBooks(0, 0)
    with db.write() as connection:
        fund(connection, world, 10)
    assert seal_books(db, LATER) == SealedBooks(1, 1)
    with db.read() as connection:
        blocks = list_blocks(connection)[::-1]
        state = chain_state(connection)
        logged = connection.execute(
            select(func.count()).where(log_event.c.kind == "pay.books_sealed")
        ).scalar_one()
        places = connection.execute(
            select(ledger_sealed.c.block_id, ledger_sealed.c.place).order_by(
                ledger_sealed.c.entry_id
            )
        ).all()
    assert [one.entries for one in blocks] == [4, 4, 2, 1]
    assert [one.previous_sha256 for one in blocks] == [GENESIS, *(b.sha256 for b in blocks[:3])]
    assert [tuple(one) for one in places[:5]] == [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0)]
    assert (state.blocks, state.sealed, state.waiting, logged) == (4, 11, 0, 4)
    assert problems(db) == []


def test_empty_books_have_nothing_to_seal(db: Database) -> None:
    assert seal_books(db, LATER) == SealedBooks(0, 0)
    assert problems(db) == []


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("posting", "UPDATE posting SET amount_micros = amount_micros * 2 WHERE entry_id = 5"),
        ("posting", "DELETE FROM posting WHERE entry_id = 5"),
        ("entry", "UPDATE entry SET happened_at = happened_at + 1 WHERE id = 5"),
        ("entry", "UPDATE entry SET idem_key = 'another' WHERE id = 5"),
        ("ledger_block", "UPDATE ledger_block SET previous_sha256 = sha256 WHERE id = 2"),
        ("ledger_sealed", "DELETE FROM ledger_sealed WHERE entry_id = 5"),
    ],
)
def test_a_sealed_entry_cannot_be_changed_unseen(db: Database, table: str, change: str) -> None:
    ready(db, 10)
    seal_books(db, LATER, step_size=4)
    with without_guards(db, table) as connection:
        connection.execute(text(change))
    assert any(line.startswith("block 2") for line in problems(db))


def test_an_entry_that_is_slipped_in_below_the_seal_is_found(db: Database) -> None:
    world = ready(db, 3)
    seal_books(db, LATER)
    with db.write() as connection:
        connection.execute(
            entry.insert().values(
                id=-1,
                kind="funding",
                idem_key="slipped in",
                project_id=world.digits,
                happened_at=MORNING,
                recorded_at=MORNING,
            )
        )
    assert problems(db) == ["books: 1 entries lie below the last seal and are in no block"]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_an_entry_that_is_still_being_written_holds_the_seal_back_and_is_not_missed(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL entry 3 may be seen before entry 2: nothing above 2 is sealed until then.

    SQLite has one writer at a time, so entries are seen in their order.
    """
    world = ready(db, 1)
    monkeypatch.setattr(settled, "_PAUSE_S", 0.001)
    begun, may_end = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with db.write() as connection:
            fund_row = entry.insert().values(
                kind="funding",
                idem_key="slow",
                project_id=world.digits,
                happened_at=MORNING,
                recorded_at=MORNING,
            )
            connection.execute(fund_row)
            begun.set()
            may_end.wait(10)

    slow = threading.Thread(target=write_slowly)
    slow.start()
    begun.wait(10)
    with db.write() as connection:
        fund(connection, world, 99)
    assert settled_until(db) is None
    assert not seal_books(db, LATER).is_settled
    may_end.set()
    slow.join()
    assert seal_books(db, LATER) == SealedBooks(1, 3)
    assert problems(db) == []


def test_writers_in_a_crowd_are_sealed_exactly_once(db: Database) -> None:
    world = ready(db, 0)
    stop = threading.Event()
    written: list[int] = []

    def write(who: int) -> None:
        for number in range(40):
            with db.write() as connection:
                fund(connection, world, who * 1_000 + number)
            written.append(number)

    def seal() -> None:
        while not stop.is_set():
            seal_books(db, LATER, step_size=7)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    sealers = [threading.Thread(target=seal) for _ in range(2)]
    for thread in threads + sealers:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    for thread in sealers:
        thread.join()
    seal_books(db, LATER)
    with db.read() as connection:
        state = chain_state(connection)
    assert (len(written), state.sealed, state.waiting) == (160, 160, 0)
    assert problems(db) == []


def test_the_hash_of_the_books_does_not_know_the_order_of_writing(db: Database) -> None:
    world = ready(db, 0)
    with db.write() as connection:
        for number in (3, 1, 2, 1, 3, 3):
            fund(connection, world, number, number)
        entries = list(all_entries(connection))
    assert len(entries) == 3
    assert ledger_sha256(entries) == ledger_sha256(reversed(entries))
    assert ledger_sha256(entries) != ledger_sha256(entries[:2])
    assert block_sha256(GENESIS, entries) != block_sha256(GENESIS, reversed(entries))
