"""Steps: the pieces of a job, each of which happens once, whatever is killed when.

A step's outcome is written in the transaction of its effect. When a process dies between that
commit and the workflow's own note of it, the step that comes again finds its outcome and stops.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

import structlog

from fairhand.core.clock import Clock, Instant
from fairhand.core.errors import FairhandError, Issue, NotFoundError, UnavailableError
from fairhand.model.job import Job, Outcome
from fairhand.storage import job_store
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.storage.joined import JoinedDatabase

_REPORT_EVERY_S = 0.5
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_log = structlog.get_logger("fairhand.jobs")


@dataclass(frozen=True, slots=True)
class Services:
    """What the steps of every kind of job may use."""

    database: Database
    blobs: BlobStore
    clock: Clock


class Step:
    """One step of one job: where it starts (`cursor`, None at first) and how it commits."""

    def __init__(self, services: Services, job: Job, number: int, cursor: object) -> None:
        self.services = services
        self.job = job
        self.number = number
        self.cursor = cursor
        self._outcome: Outcome | None = None
        self._reported_at = 0.0

    def commit(self, effect: Callable[[Database], Outcome]) -> Outcome:
        """Run `effect` and write down its outcome in one transaction; at most once for all time.

        Work that takes long (reading, parsing, drawing) belongs before it: other writers wait.
        """
        database, now = self.services.database, self.services.clock()
        with database.write() as connection:
            done = job_store.find_outcome(connection, self.job.id, self.number)
            if done is None:
                done = effect(JoinedDatabase(database, connection))
                job = job_store.find_job(connection, self.job.id) or self.job
                job_store.save_outcome(connection, job, self.number, done, now)
                if done.next is None:
                    _finish(connection, self.job.id, done, now)
        self._outcome = done
        return done

    def report(self, done: int, total: int | None = None) -> None:
        """Show progress in the middle of a long step; must not be called inside `commit`.

        It may be called as often as one likes: it writes about twice a second.
        """
        if monotonic() - self._reported_at < _REPORT_EVERY_S:
            return
        self._reported_at = monotonic()
        now = self.services.clock()
        with self.services.database.write() as connection:
            job = job_store.find_job(connection, self.job.id) or self.job
            job_store.save_progress(connection, job, Outcome(done=done, total=total), now)

    def settle(self, outcome: Outcome) -> Outcome:
        """Commit the outcome of a body that has not done so itself."""
        return self._outcome or self.commit(lambda _database: outcome)


Body = Callable[[Step], Outcome]
Kinds = Mapping[str, Body]
"""What each kind of job does in a step; the body is called again with `next` until it is None."""


def take_step(services: Services, kinds: Kinds, job_id: str, number: int, cursor: object) -> object:
    """Do one step unless it was done, and return where the next one starts; None at the end.

    An error that a person can mend ends the job with its message. Raises UnavailableError when
    the database or the disk cannot serve now: nothing happened, and the step may be tried again.
    """
    with services.database.read() as connection:
        job = job_store.find_job(connection, job_id)
        done = job_store.find_outcome(connection, job_id, number)
    if job is None:
        raise NotFoundError(f"There is no job {job_id}.")
    if done is not None or job.is_over:
        return done.next if done else None
    step = Step(services, job, number, cursor)
    if job.state == "queued":
        step.report(0)
    try:
        return step.settle(_body_of(kinds, job)(step)).next
    except UnavailableError:
        raise
    except FairhandError as error:
        _fail(services, job_id, error.message, error.issues)
    except Exception as error:
        if getattr(error, "errno", None) in _NO_ROOM:
            raise UnavailableError("The disk is full.", code="disk_full") from error
        _log.exception("job failed", job=job_id, kind=job.kind, step=number)
        _fail(services, job_id, f"Something went wrong on our side ({type(error).__name__}).", ())
    return None


def _body_of(kinds: Kinds, job: Job) -> Body:
    if job.kind not in kinds:
        raise NotFoundError(f"This version of Fairhand knows no job of kind {job.kind}.")
    return kinds[job.kind]


def _finish(connection: Connection, job_id: str, last: Outcome, now: Instant) -> None:
    job = job_store.find_job(connection, job_id)
    if job is not None:
        job_store.finish(connection, job, last.result, now)


def _fail(services: Services, job_id: str, message: str, issues: tuple[Issue, ...]) -> None:
    with services.database.write() as connection:
        job = job_store.find_job(connection, job_id)
        if job is not None and not job.is_over:
            job_store.fail(connection, job, message, issues, services.clock())
