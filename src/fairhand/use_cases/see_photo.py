"""A photo that somebody sent, for those who may see it: its giver, and who runs the project."""

from __future__ import annotations

from fairhand.formats.images import make_preview
from fairhand.people.accounts.rules import Actor, may
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection
from fairhand.use_cases.seen_by_others import file_for
from fairhand.work.uploads import store
from fairhand.work.uploads.rules import MOST_PIXELS


def find_photo(connection: Connection, blobs: BlobStore, actor: Actor, sha256: str) -> str | None:
    """Find the file that somebody sees of a photo; None where it is none of theirs.

    In a campaign that is the open file, for everybody but the giver before it is sealed; raises
    NotFoundError while there is none to show.
    """
    for found in store.find_by_blob(connection, sha256):
        is_own = found.person_id == actor.person_id and not actor.scope_project_id
        if found.project_id is None:
            continue
        if is_own or may(actor, "project.status", found.project_id):
            return file_for(connection, blobs, sha256, found.project_id, is_own=is_own)
    return None


def small_photo(content: bytes) -> bytes:
    """Make a photo small for a slow phone; never kept, so that nothing lies beside a sealed one."""
    return make_preview(content, max_pixels=MOST_PIXELS)
