"""A tick: exports whose days are over are deleted, and those somebody's withdrawal made stale."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from fairhand.core.clock import Instant
from fairhand.proof.release import export_store
from fairhand.proof.release.export_store import ExportFile
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database

_AT_ONCE: Final = 100


def sweep_exports(db: Database, blobs: BlobStore, now: Instant) -> int:
    """Delete the files of exports that are over; gives how many exports ended."""
    unused = []
    with db.write() as connection:
        over = export_store.list_expired(connection, now, _AT_ONCE)
        over += _stale(connection, {one.id for one in over})
        for one in over:
            making = export_store.making_of(connection, one.id)
            if one.state == "making" and making is not None and making.state == "running":
                continue
            export_store.set_over(connection, one.id, "gone" if one.state == "ready" else "failed")
            if one.blob_sha256 and not export_store.is_wanted(connection, one.blob_sha256):
                unused.append(one.blob_sha256)
    for sha256 in unused:
        blobs.delete(sha256)
    return len(over)


def clear_drafts(db: Database, folder: Path) -> int:
    """Remove the folders of exports that are not being made any more; gives how many.

    A job that is killed or fails while it packs leaves its folder behind.
    """
    cleared = 0
    for draft in sorted(folder.iterdir()) if folder.is_dir() else ():
        export_id = draft.name.removeprefix(".").removesuffix(".draft")
        with db.read() as connection:
            found = export_store.load_export(connection, export_id)
            making = export_store.making_of(connection, export_id)
        under_way = making is not None and making.state in ("queued", "running")
        if found is None or found.state != "making" or not under_way:
            shutil.rmtree(draft, ignore_errors=True)
            cleared += 1
    return cleared


def _stale(connection: Connection, known: set[str]) -> list[ExportFile]:
    """List files with data that somebody has taken back since: they are given to nobody."""
    marks: dict[int, str] = {}
    found = []
    for one in export_store.list_ready(connection):
        if one.project_id not in marks:
            marks[one.project_id] = export_store.consent_mark(connection, one.project_id)
        if one.id not in known and one.is_stale(marks[one.project_id]):
            found.append(one)
    return found
