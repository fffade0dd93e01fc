"""What pages and the API read of durable jobs."""

from __future__ import annotations

from fairhand.core.errors import NotFoundError
from fairhand.model.job import Job
from fairhand.people.accounts.rules import Actor, may
from fairhand.storage import job_store
from fairhand.storage.database import Database


def read_job(db: Database, actor: Actor, job_id: str) -> Job:
    """Load a job for whoever may see those of its project; else there is none to see."""
    with db.read() as connection:
        job = job_store.find_job(connection, job_id)
    if job is None or not may(actor, "job.view", job.project_id or 0):
        raise NotFoundError("There is no such job for you to see.")
    return job


def list_jobs(db: Database, project_id: int, most: int = 5, kind: str | None = None) -> list[Job]:
    """List the latest jobs of a project, newest first; with `kind`, only those."""
    with db.read() as connection:
        return job_store.list_jobs(connection, project_id, most, kind)
