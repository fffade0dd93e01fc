"""Ticks come round until they are stopped, in one process at a time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import pytest

from fairhand.jobs.ticker import Tick, Ticker
from fairhand.storage.database import Database
from fairhand.storage.slots import Slot, take_slot


class Counter:
    """Counts its calls; fails for the first `failures` of them."""

    def __init__(self, failures: int = 0) -> None:
        self.calls = 0
        self.failures = failures

    def __call__(self) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise ConnectionError("the database is away")


def wait_for(condition: Callable[[], bool], within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_ticks_come_round_each_at_its_own_pace(db: Database, rng: random.Random) -> None:
    quick, slow, stuck = Counter(), Counter(), threading.Event()
    ticks = [Tick("quick", 0.01, quick), Tick("slow", 0.1, slow), Tick("stuck", 0.01, stuck.wait)]
    ticker = Ticker(db, ticks, rng)
    ticker.start()
    assert wait_for(lambda: quick.calls >= 30 and slow.calls >= 2)
    assert slow.calls < quick.calls
    stuck.set()
    ticker.stop()


def test_a_tick_that_fails_is_tried_again(db: Database, rng: random.Random) -> None:
    counter = Counter(failures=2)
    ticker = Ticker(db, [Tick("flaky", 0.01, counter)], rng)
    ticker.start()
    assert wait_for(lambda: counter.calls >= 5)
    ticker.stop()


def test_after_stop_nothing_ticks(db: Database, rng: random.Random) -> None:
    counter = Counter()
    ticker = Ticker(db, [Tick("count", 0.01, counter)], rng)
    ticker.start()
    assert wait_for(lambda: counter.calls >= 1)
    ticker.stop()
    calls = counter.calls
    time.sleep(0.1)
    assert counter.calls == calls


def test_one_ticker_works_and_another_takes_over_when_it_ends(
    db: Database, rng: random.Random
) -> None:
    first, second = Counter(), Counter()
    holder = Ticker(db, [Tick("count", 0.01, first)], rng)
    holder.start()
    assert wait_for(lambda: first.calls >= 1)
    waiter = Ticker(db, [Tick("count", 0.01, second)], rng)
    waiter.start()
    time.sleep(0.1)
    assert second.calls == 0
    holder.stop()
    assert wait_for(lambda: second.calls >= 1)
    waiter.stop()


def test_a_slot_has_one_holder_and_is_free_after_its_release(db: Database) -> None:
    held = take_slot(db, "jobs", 7)
    assert held is not None
    assert take_slot(db, "jobs", 7) is None
    other = take_slot(db, "jobs", 8)
    assert other is not None
    other.release()
    held.release()
    again = take_slot(db, "jobs", 7)
    assert again is not None
    again.release()


def end_sessions_with_slots(database: Database) -> None:
    """Do to the sessions that hold slots what a database that is ended at once does."""
    with database.read() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_slot_ends_with_its_session_and_the_ticker_takes_it_again(
    db: Database, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairhand.jobs.ticker._SURE_FOR_S", 0.05)
    counter, always = Counter(), Counter()
    ticker = Ticker(db, [Tick("count", 0.01, counter), Tick("all", 0.01, always, True)], rng)
    ticker.start()
    assert wait_for(lambda: counter.calls >= 1)
    end_sessions_with_slots(db)
    mine = take_when_free(db)
    assert mine.is_held()
    assert wait_for(lambda: not ticker._slot), "it noticed that another has it"
    calls, others = counter.calls, always.calls
    assert wait_for(lambda: always.calls > others + 5)
    assert counter.calls <= calls + 1
    mine.release()
    assert wait_for(lambda: counter.calls > calls + 5)
    ticker.stop()


def take_when_free(database: Database) -> Slot:
    while (slot := take_slot(database, "ticker", 0)) is None:
        time.sleep(0.001)
    return slot
