"""Photos and recordings that never became an answer are forgotten after thirty days."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.work.recordings import store as recordings
from fairhand.work.uploads import store as uploads

KEPT_MS: Final = 30 * DAY_MS
_LOOKED_BACK_MS: Final = 33 * DAY_MS
"""What has an answer is passed over each time, so no more days than needed are looked through."""


def sweep_uploads(db: Database, blobs: BlobStore, now: Instant, limit: int = 100) -> int:
    """Drop up to `limit` of each that nobody touched for thirty days; gives how many.

    Photos that were begun and left, and photos and recordings that are whole and in no answer.
    """
    before, since = Instant(now - KEPT_MS), Instant(now - _LOOKED_BACK_MS)
    unused: list[str] = []
    with db.write() as connection:
        begun = uploads.list_stale(connection, before, limit)
        photos = uploads.list_unused(connection, since, before, limit)
        for upload_id in (*begun, *(one for one, _ in photos)):
            unused += uploads.forget_parts(connection, upload_id)
            uploads.drop(connection, upload_id, now)
        sounds = recordings.list_unused(connection, since, before, limit)
        for recording_id, _ in sounds:
            recordings.drop(connection, recording_id, now)
        unused += [one for _, one in photos if not uploads.is_used(connection, one)]
        unused += [one for _, one in sounds if not recordings.is_used(connection, one)]
    for sha256 in unused:
        blobs.delete(sha256)
    return len(begun) + len(photos) + len(sounds)
