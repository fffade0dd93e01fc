"""An owner asks in the browser for a whole project to be pre-labelled: a durable job does it."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, NotFoundError
from fairhand.core.ids import new_token
from fairhand.model.job import NewJob
from fairhand.proof.log import store as log
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.work.prelabel import store
from fairhand.work.projects import store as projects

PRELABEL_PROJECT = "prelabel_project"
"""The kind of the job."""


@dataclass(frozen=True, slots=True)
class AskPrelabel:
    """Which assistant shall propose for every task of the project."""

    person_id: int
    project_id: int
    assistant_id: int


def ask_prelabel(db: Database, command: AskPrelabel, now: Instant) -> str:
    """Ask for a run and return the id of its job; a run that was cut off goes on.

    Raises NotFoundError when there is no such assistant, ForbiddenError when the project is closed,
    ConflictError when it is being asked for already.
    """
    job_id = new_token()
    with db.write() as connection:
        project = projects.lock_project(connection, command.project_id)
        one = store.load_assistant(connection, command.assistant_id)
        if project is None or one is None or one.project_id != project.id or one.ended_at:
            raise NotFoundError("This project has no such assistant.")
        if project.mode == "closed":
            raise ForbiddenError("This project is finished; nothing is proposed any more.")
        for job in job_store.list_jobs(connection, project.id, kind=PRELABEL_PROJECT):
            if job.command.get("assistant_id") == one.id and not job.is_over:
                raise ConflictError("This assistant is at it already.", code="run_is_held")
        content = {
            "project_id": project.id,
            "assistant_id": one.id,
            "person_id": command.person_id,
        }
        new = NewJob(job_id, PRELABEL_PROJECT, content, project.id, command.person_id)
        job_store.ask(connection, new, now)
        body = {"job": job_id, "project": project.id, "assistant": one.id}
        log.append(connection, "prelabel.asked", body, now, command.person_id, project.id)
    return job_id
