"""Recordings that were begun and left lie for weeks are forgotten, voice and all."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.work.recordings import store

KEPT_MS: Final = 30 * DAY_MS


def sweep_recordings(db: Database, blobs: BlobStore, now: Instant, limit: int = 100) -> int:
    """Drop up to `limit` recordings that nobody has touched for thirty days; gives how many."""
    with db.write() as connection:
        stale = store.list_stale(connection, Instant(now - KEPT_MS), limit)
        unused: list[str] = []
        for recording_id in stale:
            unused += store.forget_parts(connection, recording_id)
            store.drop(connection, recording_id, now)
    for sha256 in unused:
        blobs.delete(sha256)
    return len(stale)
