"""Jobs go on where they stopped, and no step happens twice."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from fairhand.core.errors import Issue
from fairhand.jobs import runtime
from fairhand.storage.database import Database
from fairhand.storage.slots import take_slot
from tests.jobs import counting
from tests.jobs.test_ticker import end_sessions_with_slots


@contextmanager
def server(db_url: str, pause_s: float = 0.0) -> Iterator[subprocess.Popen[str]]:
    """A process that works on jobs; killed at the end when it is still there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.counting", db_url, str(pause_s)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def counted_db(db: Database) -> Database:
    counting.prepare(db)
    return db


@pytest.fixture
def counted_sqlite(sqlite_db: Database) -> Database:
    counting.prepare(sqlite_db)
    return sqlite_db


def test_a_job_runs_to_its_end_with_progress_and_result(counted_db: Database) -> None:
    counting.ask(counted_db, "count-5", total=5)
    jobs = counting.runtime(counted_db)
    jobs.start()
    try:
        job = counting.wait_until_over(counted_db, "count-5")
    finally:
        jobs.stop()
    assert (job.state, job.done, job.total) == ("done", 5, 5)
    assert job.result == {"counted": 5}
    assert job.issues[3] == Issue("row 3", "looks odd", "warning")
    assert counting.counted(counted_db) == [0, 1, 2, 3, 4]


def test_asking_twice_with_one_id_is_asking_once(counted_sqlite: Database) -> None:
    counting.ask(counted_sqlite, "twice", total=3)
    counting.ask(counted_sqlite, "twice", total=3)
    jobs = counting.runtime(counted_sqlite)
    jobs.start()
    try:
        counting.wait_until_over(counted_sqlite, "twice")
        counting.ask(counted_sqlite, "twice", total=3)
        counting.ask(counted_sqlite, "another", total=1)
        counting.wait_until_over(counted_sqlite, "another")
    finally:
        jobs.stop()
    assert counting.counted(counted_sqlite) == [0, 0, 1, 2]


def test_a_start_that_fails_is_tried_again_and_holds_nothing_meanwhile(
    counted_sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch, failures = runtime._launch, [OSError("no space"), OSError("no space")]

    def flaky(database: Database, slot: int) -> None:
        if failures:
            raise failures.pop()
        launch(database, slot)

    monkeypatch.setattr(runtime, "_launch", flaky)
    monkeypatch.setattr(runtime, "_LONGEST_RETRY_S", 0.1)
    counting.ask(counted_sqlite, "late", total=2)
    jobs = counting.runtime(counted_sqlite)
    jobs.start_soon(after_s=0)
    try:
        counting.wait_until_over(counted_sqlite, "late")
    finally:
        jobs.stop()
    assert counting.counted(counted_sqlite) == [0, 1]


def test_a_server_that_stops_before_its_jobs_started_leaves_nothing(
    counted_sqlite: Database,
) -> None:
    jobs = counting.runtime(counted_sqlite)
    jobs.start_soon(after_s=60)
    jobs.stop()
    assert runtime._running == []


@pytest.mark.parametrize(
    ("command", "message", "kept"),
    [
        ({"breaks_at": 2}, "The count broke.", [0, 1]),
        ({"crashes_at": 2}, "Something went wrong on our side (ZeroDivisionError).", [0, 1]),
    ],
    ids=["a-persons-error", "a-bug"],
)
def test_a_step_that_fails_undoes_itself_and_ends_the_job_with_the_reason(
    counted_sqlite: Database, command: dict[str, int], message: str, kept: list[int]
) -> None:
    counting.ask(counted_sqlite, "fails", total=5, **command)
    jobs = counting.runtime(counted_sqlite)
    jobs.start()
    try:
        job = counting.wait_until_over(counted_sqlite, "fails")
    finally:
        jobs.stop()
    assert (job.state, job.error, job.done) == ("failed", message, 2)
    assert (Issue("row 3", "not a number") in job.issues) == ("breaks_at" in command)
    assert counting.counted(counted_sqlite) == kept


def kill_a_worker_after(database: Database, steps: int, rng: random.Random) -> None:
    """Start a worker and kill it when it has taken about so many steps more."""
    before = len(counting.counted(database))
    with server(database.url, pause_s=0.02) as process:
        deadline = time.monotonic() + 30
        while len(counting.counted(database)) < before + steps:
            assert time.monotonic() < deadline, "the worker took no steps"
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.04))  # a step is 0.02 s before and 0.02 s after its commit
        process.kill()


def resume_after_kills(database: Database, total: int, kills: int, rng: random.Random) -> None:
    counting.ask(database, "killed", total=total)
    for _ in range(kills):
        kill_a_worker_after(database, 3, rng)
    assert not counting.find(database, "killed").is_over
    with server(database.url):
        job = counting.wait_until_over(database, "killed")
    assert (job.state, job.done, job.total) == ("done", total, total)
    assert counting.counted(database) == list(range(total))


def test_a_job_killed_in_the_middle_resumes_and_no_step_happens_twice(
    sqlite_db: Database, rng: random.Random
) -> None:
    counting.prepare(sqlite_db)
    resume_after_kills(sqlite_db, total=15, kills=1, rng=rng)


@pytest.mark.slow
def test_a_job_killed_again_and_again_resumes_and_no_step_happens_twice(
    counted_db: Database, rng: random.Random
) -> None:
    resume_after_kills(counted_db, total=60, kills=6, rng=rng)


@pytest.mark.slow
def test_the_jobs_of_a_killed_process_are_taken_up_by_another_one(
    counted_db: Database, db_url: str
) -> None:
    with server(db_url, pause_s=0.05) as first:
        assert first.stdout is not None
        first.stdout.readline()
        counting.ask(counted_db, "orphan", total=30)
        while len(counting.counted(counted_db)) < 3:
            time.sleep(0.02)
        with server(db_url) as second:
            assert second.stdout is not None
            second.stdout.readline()
            first.kill()
            counting.wait_until_over(counted_db, "orphan", within_s=40)
    assert counting.counted(counted_db) == list(range(30))


@pytest.mark.slow
def test_a_job_begins_anew_when_dbos_has_given_it_up(counted_sqlite: Database) -> None:
    counting.ask(counted_sqlite, "given-up", total=20)
    with server(counted_sqlite.url, pause_s=0.05):
        while len(counting.counted(counted_sqlite)) < 3:
            time.sleep(0.02)
    notes = Path(counted_sqlite.url.removeprefix("sqlite:///")).with_name("jobs.db")
    with closing(sqlite3.connect(notes)) as connection:
        connection.execute("UPDATE workflow_status SET status = 'ERROR'")
        connection.commit()
    assert not counting.find(counted_sqlite, "given-up").is_over
    with server(counted_sqlite.url):
        counting.wait_until_over(counted_sqlite, "given-up")
    assert counting.counted(counted_sqlite) == list(range(20))


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_process_takes_its_slot_again_when_the_database_was_away(counted_db: Database) -> None:
    jobs = counting.runtime(counted_db)
    jobs.start()
    try:
        first = jobs._own_slot
        end_sessions_with_slots(counted_db)
        deadline = time.monotonic() + 10
        while jobs._own_slot is first:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert take_slot(counted_db, "jobs", first.number) is None, "it holds it again"
        counting.ask(counted_db, "after", total=3)
        counting.wait_until_over(counted_db, "after")
    finally:
        jobs.stop()
    assert counting.counted(counted_db) == [0, 1, 2]


@pytest.mark.slow
def test_a_job_goes_on_when_the_notes_of_dbos_are_lost(sqlite_db: Database) -> None:
    counting.prepare(sqlite_db)
    counting.ask(sqlite_db, "lost", total=30)
    with server(sqlite_db.url, pause_s=0.05):
        while len(counting.counted(sqlite_db)) < 3:
            time.sleep(0.02)
    for path in Path(sqlite_db.url.removeprefix("sqlite:///")).parent.glob("jobs.db*"):
        path.unlink()
    with server(sqlite_db.url):
        counting.wait_until_over(sqlite_db, "lost")
    assert counting.counted(sqlite_db) == list(range(30))


@pytest.mark.slow
def test_a_stopped_process_leaves_its_job_to_the_next_one(
    counted_db: Database, db_url: str
) -> None:
    counting.ask(counted_db, "stopped", total=30)
    with server(db_url, pause_s=0.05) as process:
        while len(counting.counted(counted_db)) < 3:
            time.sleep(0.02)
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == ""
    assert 3 <= len(counting.counted(counted_db)) < 30
    with server(db_url):
        counting.wait_until_over(counted_db, "stopped")
    assert counting.counted(counted_db) == list(range(30))
