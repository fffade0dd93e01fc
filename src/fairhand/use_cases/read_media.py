"""A task's file is shown to who holds or had it, learns by it, or runs its project.

The files of examples are shown to all who may work there. A photo that somebody sent is shown to
them, and to who runs the project.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.errors import NotFoundError
from fairhand.formats.photos import media_type_of
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.contributions import store as contributions
from fairhand.people.learning import store as learning
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.see_photo import find_photo, small_photo
from fairhand.work.assignment import store as queue
from fairhand.work.projects import store
from fairhand.work.projects.store import MediaUse
from fairhand.work.remarks import store as remarks

SHOWN_TYPES = frozenset(("image/png", "image/jpeg", "image/webp", "image/gif"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A file's bytes and what they are."""

    content: bytes
    content_type: str
    may_be_kept: bool = True
    """False for what people give of themselves: it can be taken back at any moment."""


def read_media(
    db: Database, blobs: BlobStore, actor: Actor, sha256: str, *, preview: bool
) -> Shown:
    """Load a task's file or its small preview; raises NotFoundError for who may not see it."""
    with db.read() as connection:
        photo = find_photo(connection, blobs, actor, sha256)
    if photo is not None:
        content = blobs.get(photo)
        if preview:
            content = small_photo(content)
        return Shown(content, media_type_of(content), may_be_kept=False)
    with db.read() as connection:
        use = find_use(connection, actor, sha256)
    # A type no browser draws (TIFF) is shown as its preview.
    small = preview or use.content_type not in SHOWN_TYPES
    name = use.preview_sha256 if small and use.preview_sha256 else sha256
    kind = "image/webp" if name == use.preview_sha256 else use.content_type
    return Shown(blobs.get(name), kind)


def find_use(connection: Connection, actor: Actor, sha256: str) -> MediaUse:
    """Find a task for whose sake somebody may see a file; raises NotFoundError where none is.

    What its giver took back is shown to nobody, whichever project has made a task of it.
    """
    for use in store.find_media(connection, sha256):
        if contributions.task_is_barred(connection, use.task_id, sha256):
            continue
        if any(may(actor, action, use.project_id) for action in ("project.status", "course.edit")):
            return use
        if _was_given(connection, actor.person_id, use.project_id, use.task_id):
            return use
        is_shown = may(actor, "work", use.project_id)
        if is_shown and remarks.is_example(connection, use.task_id):
            return use
    raise NotFoundError("There is no such file for you to see.")


def _was_given(connection: Connection, person_id: int, project_id: int, task_id: int) -> bool:
    """Say whether somebody holds or had a task, or met it in a lesson, practice or exam."""
    if queue.load_lease(connection, person_id, task_id) is not None:
        return True
    return learning.was_asked(connection, person_id, project_id, task_id)
