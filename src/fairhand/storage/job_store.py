"""SQL of durable jobs: ask, look up, progress, and steps that are done once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, select

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.model.job import Job, NewJob, Outcome
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.jobs import job, job_step

ISSUES_KEPT = 1_000

_FIND = select(job).where(job.c.id == bindparam("job_id"))
_QUEUED = select(job.c.id).where(job.c.state == "queued").order_by(job.c.created_at).limit(100)
_UNFINISHED = select(job.c.id).where(job.c.state.in_(("queued", "running")))
_OF_PROJECT = (
    select(job)
    .where(job.c.project_id == bindparam("project_id"))
    .order_by(job.c.created_at.desc(), job.c.id)
    .limit(bindparam("most"))
)
_OF_KIND = _OF_PROJECT.where(job.c.kind == bindparam("kind"))
_UNFINISHED_OF = (
    select(job.c.id)
    .where(
        job.c.project_id == bindparam("project_id"),
        job.c.kind.in_(bindparam("kinds", expanding=True)),
        job.c.state.in_(("queued", "running")),
    )
    .limit(1)
)
_STEP = select(job_step.c.outcome).where(
    job_step.c.job_id == bindparam("job_id"), job_step.c.number == bindparam("number")
)
_ADD_STEP = job_step.insert()
_CHANGE = (
    job.update()
    .where(job.c.id == bindparam("job_id"))
    .values(
        state=bindparam("state"),
        done=bindparam("done"),
        total=bindparam("total"),
        issues=bindparam("issues"),
        result=bindparam("result"),
        error=bindparam("error"),
        updated_at=bindparam("now"),
    )
)


def ask(connection: Connection, new: NewJob, now: Instant) -> None:
    """Put a job in the queue; nothing happens when its id is known already."""
    row = {
        "id": new.id,
        "kind": new.kind,
        "project_id": new.project_id,
        "person_id": new.person_id,
        "command": _json(dict(new.command)),
        "state": "queued",
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(insert(connection, job).on_conflict_do_nothing(), row)


def find_job(connection: Connection, job_id: str) -> Job | None:
    """Look a job up; None when there is none."""
    row = connection.execute(_FIND, {"job_id": job_id}).one_or_none()
    return None if row is None else _to_job(row)


def list_queued(connection: Connection) -> list[str]:
    """List the ids of jobs that nobody has taken up, oldest first."""
    return list(connection.execute(_QUEUED).scalars())


def list_unfinished(connection: Connection) -> list[str]:
    """List the ids of jobs that are not over, taken up or not."""
    return list(connection.execute(_UNFINISHED).scalars())


def list_jobs(
    connection: Connection, project_id: int, most: int = 50, kind: str | None = None
) -> list[Job]:
    """List the latest jobs of a project, newest first; with `kind`, only those."""
    asked = {"project_id": project_id, "most": most, "kind": kind}
    rows = connection.execute(_OF_PROJECT if kind is None else _OF_KIND, asked)
    return [_to_job(row) for row in rows]


def find_unfinished(connection: Connection, project_id: int, kinds: Sequence[str]) -> str | None:
    """Find a job of a project that is not over, among these kinds; None when there is none."""
    asked = {"project_id": project_id, "kinds": list(kinds)}
    return connection.execute(_UNFINISHED_OF, asked).scalar_one_or_none()


def find_outcome(connection: Connection, job_id: str, number: int) -> Outcome | None:
    """Look up what a step did; None when it has not been done."""
    found = connection.execute(_STEP, {"job_id": job_id, "number": number}).scalar()
    return None if found is None else _to_outcome(orjson.loads(found))


def save_outcome(
    connection: Connection, current: Job, number: int, outcome: Outcome, now: Instant
) -> None:
    """Write down that a step was done, and the progress of its job."""
    body = _json(asdict(outcome))
    connection.execute(
        _ADD_STEP, {"job_id": current.id, "number": number, "outcome": body, "at": now}
    )
    save_progress(connection, current, outcome, now)


def save_progress(connection: Connection, current: Job, outcome: Outcome, now: Instant) -> None:
    """Show how far a running job is; the first thousand issues are kept."""
    issues = [*current.issues, *outcome.issues][:ISSUES_KEPT]
    _change(connection, current, "running", outcome.done, outcome.total, issues, None, None, now)


def finish(connection: Connection, current: Job, result: Any, now: Instant) -> None:  # noqa: ANN401
    """Close a job that went well; `result` is any JSON value."""
    total = current.done if current.total is None else current.total
    issues = current.issues
    _change(connection, current, "done", current.done, total, issues, result, None, now)


def fail(
    connection: Connection, current: Job, error: str, issues: Sequence[Issue], now: Instant
) -> None:
    """Close a job that cannot go on, saying why."""
    kept = [*current.issues, *issues][:ISSUES_KEPT]
    _change(connection, current, "failed", current.done, current.total, kept, None, error, now)


def _change(
    connection: Connection,
    current: Job,
    state: str,
    done: int,
    total: int | None,
    issues: Sequence[Issue],
    result: Any,  # noqa: ANN401  # any JSON value
    error: str | None,
    now: Instant,
) -> None:
    row = {
        "job_id": current.id,
        "state": state,
        "done": done,
        "total": total,
        "issues": _json([asdict(issue) for issue in issues]),
        "result": None if result is None else _json(result),
        "error": error,
        "now": now,
    }
    connection.execute(_CHANGE, row)


def _json(value: Any) -> str:  # noqa: ANN401
    return orjson.dumps(value).decode()


def _to_outcome(body: dict[str, Any]) -> Outcome:
    return Outcome(**{**body, "issues": tuple(Issue(**each) for each in body["issues"])})


def _to_job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        command=orjson.loads(row.command),
        project_id=row.project_id,
        person_id=row.person_id,
        state=row.state,
        done=row.done,
        total=row.total,
        issues=tuple(Issue(**each) for each in orjson.loads(row.issues)),
        result=None if row.result is None else orjson.loads(row.result),
        error=row.error,
        created_at=Instant(row.created_at),
        updated_at=Instant(row.updated_at),
    )
