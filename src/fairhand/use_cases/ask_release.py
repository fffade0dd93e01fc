"""An owner asks for a release: a durable job writes, logs, proves and places it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import new_token
from fairhand.model.job import NewJob
from fairhand.proof.log import store as log
from fairhand.proof.release.card import UNSTATED
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.work.projects import store

RELEASE = "publish_release"
"""The kind of the job."""

LICENCE_MAX = 200


@dataclass(frozen=True, slots=True)
class AskRelease:
    """Which project to release, under which licence, with or without its files."""

    person_id: int
    project_id: int
    licence: str = ""
    media: Literal["hashes", "copy"] = "hashes"


def ask_release(db: Database, command: AskRelease, now: Instant) -> str:
    """Ask for a release and return the id of its job.

    Raises ConflictError while nobody has answered anything, or another release is being made.
    """
    job_id = new_token()
    licence = command.licence.strip() or UNSTATED
    if len(licence) > LICENCE_MAX or not licence.isprintable():
        issue = Issue("licence", f"Name a licence in one line of up to {LICENCE_MAX} characters.")
        raise InvalidError(issue.message, issues=[issue])
    with db.write() as connection:
        project = store.lock_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if not store.count_progress(connection, project.id).answers:
            raise ConflictError("There is nothing to release: nobody has answered yet.")
        running = job_store.list_jobs(connection, project.id)
        if any(job.kind == RELEASE and not job.is_over for job in running):
            raise ConflictError("A release of this project is being made just now.")
        content = {
            "project_id": project.id,
            "published_by": command.person_id,
            "licence": licence,
            "media": command.media,
        }
        new = NewJob(job_id, RELEASE, content, project.id, command.person_id)
        job_store.ask(connection, new, now)
        body = {"job": job_id, "project": project.id, "licence": licence, "media": command.media}
        log.append(connection, "release.asked", body, now, command.person_id, project.id)
    return job_id
