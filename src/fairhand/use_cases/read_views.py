"""The saved views of the task browser that somebody may open; reads only."""

from __future__ import annotations

from fairhand.storage.database import Database
from fairhand.work.tasks import view_store as store
from fairhand.work.tasks.view_store import SavedView


def read_views(db: Database, project_id: int, person_id: int) -> list[SavedView]:
    """List somebody's own views of a project and those that are shared, by name."""
    with db.read() as connection:
        return store.list_views(connection, project_id, person_id)
