"""Reads a project's answers as they come in, a page after another."""

from __future__ import annotations

from typing import Final

from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.storage.database import Database
from fairhand.work.annotations import store
from fairhand.work.annotations.store import Given
from fairhand.work.projects import store as projects

MOST: Final = 1_000


def read_answers(db: Database, project_id: int, after: int, limit: int) -> list[Given]:
    """Read answers with ids above `after`, in the order in which they came.

    Of an answer that was revised the newest stands. Raises NotFoundError, and InvalidError for a
    page that is none.
    """
    if after < 0 or not 1 <= limit <= MOST:
        message = f"Ask for 1 to {MOST} answers after an answer's number, 0 for the first."
        raise InvalidError(message, issues=[Issue("limit", message)])
    with db.read() as connection:
        if projects.load_project(connection, project_id) is None:
            raise NotFoundError(f"There is no project {project_id}.")
        return store.list_given(connection, project_id, after, limit)
