"""An owner puts a project out of the way, or brings it back as it was.

What an archived project refuses is written in `proof.log.archived`, where every change passes.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.model.project import Project
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store


@dataclass(frozen=True, slots=True)
class ArchiveProject:
    """Which project, and who says so."""

    person_id: int
    project_id: int


def archive_project(db: Database, command: ArchiveProject, now: Instant) -> None:
    """Archive a project: nothing is handed out, and nothing changes but what people are owed.

    Raises NotFoundError for an unknown project, ConflictError for one that is archived already.
    """
    with db.write() as connection:
        project = _locked(connection, command.project_id)
        if project.archived_at is not None:
            raise ConflictError("This project is archived already.", code="archived")
        store.set_archived(connection, project.id, now)
        body = {"project": project.id, "mode": project.mode}
        log.append(connection, "project.archived", body, now, command.person_id, project.id)


def restore_project(db: Database, command: ArchiveProject, now: Instant) -> None:
    """Bring a project back, in the mode that it had.

    Raises NotFoundError for an unknown project, ConflictError for one that is not archived.
    """
    with db.write() as connection:
        project = _locked(connection, command.project_id)
        if project.archived_at is None:
            raise ConflictError("This project is not archived.", code="not_archived")
        store.set_archived(connection, project.id, None)
        body = {"project": project.id, "mode": project.mode}
        log.append(connection, "project.restored", body, now, command.person_id, project.id)


def _locked(connection: Connection, project_id: int) -> Project:
    project = store.lock_project(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    return project
