"""A person opens the guidelines: what changes from then on is new to them."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.storage.database import Database
from fairhand.work.projects import store as projects
from fairhand.work.remarks import store


def note_guide_read(
    db: Database, project_id: int, person_id: int, version: int, now: Instant
) -> None:
    """Remember that somebody opened the guide; what comes later is new to them."""
    with db.write() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        if not 1 <= version <= project.version:
            issue = Issue("version", f"There are the versions 1 to {project.version}.")
            raise InvalidError(issue.message, issues=[issue])
        store.keep_reading(connection, person_id, project_id, version, now)
