"""An owner asks for a sealed study to be measured: a durable job looks at every task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.ids import new_token
from fairhand.model.job import NewJob
from fairhand.proof.log import store as log
from fairhand.proof.release import value_store
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.work.projects import store as projects

MEASURE: Final = "measure_value"
"""The kind of the job."""


@dataclass(frozen=True, slots=True)
class AskValue:
    """Which sealed study of which project is measured, and who asks."""

    person_id: int
    project_id: int
    study_id: int


def ask_value(db: Database, command: AskValue, now: Instant) -> str:
    """Ask for it and return the id of its job.

    Raises NotFoundError for a study of another project, ConflictError for one that was measured
    before or is measured just now.
    """
    job_id = new_token()
    with db.write() as connection:
        project = projects.lock_project(connection, command.project_id)
        study = value_store.load_study(connection, command.study_id)
        if project is None or study is None or study.project_id != project.id:
            raise NotFoundError(f"There is no value study {command.study_id} in this project.")
        if study.state != "sealed":
            raise ConflictError(
                f"Study {study.id} was measured before; seal a new test set to measure again.",
                code="measured_before",
            )
        running = job_store.find_unfinished(connection, project.id, [MEASURE])
        if running is not None:
            raise ConflictError("A study of this project is being measured just now.")
        content = {
            "project_id": project.id,
            "study_id": study.id,
            "person_id": command.person_id,
        }
        new = NewJob(job_id, MEASURE, content, project.id, command.person_id)
        job_store.ask(connection, new, now)
        body = {"job": job_id, "project": project.id, "study": study.id}
        log.append(connection, "value.asked", body, now, command.person_id, project.id)
    return job_id
