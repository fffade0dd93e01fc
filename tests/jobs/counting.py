"""A kind of job for tests: it counts to `total`, one row of a table per step.

Run as a script it is a process of its own that works on the jobs of a database until it is
stopped: `python -m tests.jobs.counting DATABASE_URL PAUSE_S`.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from dataclasses import dataclass

from sqlalchemy import text

from fairhand.core.clock import system_now
from fairhand.core.errors import InvalidError, Issue
from fairhand.jobs.runtime import JobRuntime
from fairhand.jobs.steps import Services, Step
from fairhand.model.job import Job, NewJob, Outcome
from fairhand.storage import job_store
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database

KIND = "count"


@dataclass(frozen=True, slots=True)
class Counting:
    """The body: each step writes its number; `pause_s` widens the window for a kill."""

    pause_s: float = 0.0

    def __call__(self, step: Step) -> Outcome:
        number = int(str(step.cursor or 0))
        total = int(step.job.command["total"])
        if number == step.job.command.get("breaks_at"):
            raise InvalidError("The count broke.", issues=[Issue("row 3", "not a number")])

        def effect(database: Database) -> Outcome:
            with database.write() as connection:
                connection.execute(text("INSERT INTO counted (n) VALUES (:n)"), {"n": number})
            if number == step.job.command.get("crashes_at"):
                raise ZeroDivisionError("a bug")
            time.sleep(self.pause_s)
            warning = Issue(f"row {number}", "looks odd", "warning")
            following = number + 1 if number + 1 < total else None
            return Outcome(following, number + 1, total, (warning,), {"counted": number + 1})

        outcome = step.commit(effect)
        time.sleep(self.pause_s)
        return outcome


def prepare(database: Database) -> None:
    """Make the table that the steps write to; it refuses nothing, so that twice would show."""
    with database.write() as connection:
        connection.execute(text("CREATE TABLE counted (n INTEGER)"))


def counted(database: Database) -> list[int]:
    """List what the steps wrote, in order."""
    with database.read() as connection:
        return list(connection.execute(text("SELECT n FROM counted ORDER BY n")).scalars())


def ask(database: Database, job_id: str, **command: int) -> None:
    """Ask for a count."""
    with database.write() as connection:
        job_store.ask(connection, NewJob(job_id, KIND, command), system_now())


def wait_until_over(database: Database, job_id: str, within_s: float = 30.0) -> Job:
    """Wait for a job to be done or failed."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        job = find(database, job_id)
        if job.is_over:
            return job
        time.sleep(0.05)
    raise AssertionError(f"{job_id} was not over within {within_s} s: {find(database, job_id)}")


def find(database: Database, job_id: str) -> Job:
    """Look a job up that is there."""
    with database.read() as connection:
        job = job_store.find_job(connection, job_id)
    assert job is not None
    return job


def runtime(database: Database, pause_s: float = 0.0) -> JobRuntime:
    """Make a runtime that knows how to count."""
    services = Services(database, BlobStore("memory://"), system_now)
    return JobRuntime(services, {KIND: Counting(pause_s)}, adopt_every_s=1.0)


def main(url: str, pause_s: str) -> None:
    """Serve jobs until SIGTERM."""
    database = Database(url, pool_size=5)
    started = time.monotonic()
    jobs = runtime(database, float(pause_s))
    jobs.start()
    sys.stdout.write(f"ready in {time.monotonic() - started:.2f} s\n")
    sys.stdout.flush()
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    over.wait()
    jobs.stop()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
