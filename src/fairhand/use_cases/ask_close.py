"""Somebody who pays asks for the close of a pay period: a durable job settles everybody."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError
from fairhand.model.job import NewJob
from fairhand.pay.statement import store
from fairhand.proof.log import store as log
from fairhand.storage import job_store
from fairhand.storage.database import Connection, Database

CLOSE = "close_period"
"""The kind of the job."""


@dataclass(frozen=True, slots=True)
class AskClose:
    """Settle everything earned before `ends_at`, in the name of a person."""

    ends_at: Instant
    closed_by: int


def ask_close(db: Database, command: AskClose, now: Instant) -> str:
    """Ask for a close and return the id of its job; while one is under way, it is that one's.

    Raises InvalidError for a period that ends in the future or before one that exists.
    """
    if command.ends_at > now:
        raise InvalidError("A pay period cannot be closed before it ends.", code="not_over_yet")
    with db.write() as connection:
        _check_order(connection, command.ends_at)
        job_id, is_new = _next_job(connection, command.ends_at)
        if is_new:
            content = {"ends_at": command.ends_at, "closed_by": command.closed_by}
            new = NewJob(job_id, CLOSE, content, None, command.closed_by)
            job_store.ask(connection, new, now)
            body = {"job": job_id, "ends_at": command.ends_at}
            log.append(connection, "pay.close_asked", body, now, command.closed_by)
    return job_id


def _check_order(connection: Connection, ends_at: Instant) -> None:
    last = store.last_period(connection)
    is_known = store.find_period(connection, ends_at) is not None
    if last is not None and ends_at < last.period.ends_at and not is_known:
        raise InvalidError(
            "A later pay period was opened already; what is left goes into the next one.",
            code="period_out_of_order",
        )


def _next_job(connection: Connection, ends_at: Instant) -> tuple[str, bool]:
    """Name the job of a close: the one that settles or settled it, else the next attempt."""
    for number in count(1):
        job_id = f"close-{ends_at}-{number}"
        job = job_store.find_job(connection, job_id)
        if job is None:
            return job_id, True
        settled = job.state == "done" and job.result and job.result.get("period_id")
        if not job.is_over or settled:
            return job_id, False
    raise AssertionError("numbers do not end")
