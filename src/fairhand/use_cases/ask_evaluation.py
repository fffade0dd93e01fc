"""An owner asks for a version to be measured: a durable job asks the model and reports."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.ids import new_token
from fairhand.model.job import NewJob
from fairhand.proof.log import store as log
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.work.prelabel import store
from fairhand.work.projects import store as projects

EVALUATE = "evaluate_model"
"""The kind of the job."""


@dataclass(frozen=True, slots=True)
class AskEvaluation:
    """Which version is measured on which question, and by which fields it is sliced."""

    person_id: int
    project_id: int
    version_id: int
    question: str
    slice_fields: tuple[str, ...] = ()


def ask_evaluation(db: Database, command: AskEvaluation, now: Instant) -> str:
    """Ask for it and return the id of its job.

    Raises NotFoundError for a version of another project, ConflictError while it is measured.
    """
    job_id = new_token()
    with db.write() as connection:
        project = projects.lock_project(connection, command.project_id)
        version = store.load_version(connection, command.version_id)
        if project is None or version is None or version.project_id != project.id:
            raise NotFoundError(f"There is no model version {command.version_id} in this project.")
        running = job_store.list_jobs(connection, project.id, kind=EVALUATE)
        if any(not job.is_over and job.command.get("version_id") == version.id for job in running):
            raise ConflictError("This version is being measured just now.")
        content = {
            "person_id": command.person_id,
            "project_id": project.id,
            "version_id": version.id,
            "question": command.question,
            "slice_fields": list(command.slice_fields),
        }
        new = NewJob(job_id, EVALUATE, content, project.id, command.person_id)
        job_store.ask(connection, new, now)
        body = {"job": job_id, "project": project.id, "version": version.id}
        log.append(connection, "evaluation.asked", body, now, command.person_id, project.id)
    return job_id
