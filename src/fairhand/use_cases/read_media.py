"""A task's file is shown to people who hold or had the task, and to those who run its project."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.errors import NotFoundError
from fairhand.people.accounts.rules import Actor, may
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.work.assignment import store as queue
from fairhand.work.projects import store

SHOWN_TYPES = frozenset(("image/png", "image/jpeg", "image/webp", "image/gif"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A file's bytes and what they are."""

    content: bytes
    content_type: str


def read_media(
    db: Database, blobs: BlobStore, actor: Actor, sha256: str, *, preview: bool
) -> Shown:
    """Load a task's file or its small preview; raises NotFoundError for who may not see it."""
    with db.read() as connection:
        for task_id, project_id, content_type, preview_sha256 in store.find_media(
            connection, sha256
        ):
            runs_it = may(actor, "project.status", project_id)
            if not runs_it and queue.load_lease(connection, actor.person_id, task_id) is None:
                continue
            # A type no browser draws (TIFF) is shown as its preview.
            small = preview or content_type not in SHOWN_TYPES
            name = preview_sha256 if small and preview_sha256 else sha256
            kind = "image/webp" if name == preview_sha256 else content_type
            break
        else:
            raise NotFoundError("There is no such file for you to see.")
    return Shown(blobs.get(name), kind)
