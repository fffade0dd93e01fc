"""A model server reads a task's file, with the token that it was given."""

from __future__ import annotations

from fairhand.core.errors import NotFoundError
from fairhand.people.accounts.rules import Actor, may
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.read_media import Shown
from fairhand.work.prelabel import task_store
from fairhand.work.projects import store as projects


def read_task_file(
    db: Database, blobs: BlobStore, actor: Actor, task_id: int, project_id: int | None = None
) -> Shown:
    """Load a task's file; raises NotFoundError where there is none that this actor may read."""
    place, row = None, None
    with db.read() as connection:
        place = projects.project_of_task(connection, task_id)
        if place is not None and place == (project_id or place):
            row = next(iter(task_store.load_tasks(connection, [task_id])), None)
    if row is None or place is None or row.media_sha256 is None:
        raise NotFoundError("There is no such file for you to read.")
    if not may(actor, "task.read", place):
        raise NotFoundError("There is no such file for you to read.")
    return Shown(blobs.get(row.media_sha256), row.media_type or "application/octet-stream")
