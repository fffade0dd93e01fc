"""A sound, stretch by stretch, and its drawing, for those who may hear it.

A task's sound is heard by whom its task was given, and by who runs the project; a recording by
who spoke it, and by who runs the project.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.formats.sounds import PEAKS, PEAKS_TYPE, make_peaks, read_sound_file
from fairhand.people.accounts.rules import Actor, may
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_media import find_use
from fairhand.use_cases.seen_by_others import file_for
from fairhand.work.media import store as media
from fairhand.work.media.store import Part
from fairhand.work.recordings import store as recordings

_STEP = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound that somebody may hear: its blob, its type, its bytes."""

    sha256: str
    content_type: str
    size_bytes: int

    def bytes_of(self, blobs: BlobStore, start: int, end: int) -> Iterator[bytes]:
        """Read from `start` up to, not including, `end`, a megabyte at a time."""
        for at in range(start, end, _STEP):
            yield blobs.read_range(self.sha256, at, min(at + _STEP, end))


def read_sound(db: Database, blobs: BlobStore, actor: Actor, sha256: str) -> Heard:
    """Find a sound; raises NotFoundError for who may not hear it."""
    with db.read() as connection:
        shown = _recorded(connection, blobs, actor, sha256)
        if shown is not None:
            return Heard(shown, "audio/wav", blobs.size(shown))
        content_type = find_use(connection, actor, sha256).content_type
    if not content_type.startswith("audio/"):
        raise NotFoundError("There is no such sound for you to hear.")
    return Heard(sha256, content_type, blobs.size(sha256))


def read_peaks(db: Database, blobs: BlobStore, actor: Actor, sha256: str, now: Instant) -> bytes:
    """Read a sound's drawing (see `formats.sounds.make_peaks`); made when it is first asked for."""
    heard = read_sound(db, blobs, actor, sha256)
    with db.read() as connection:
        part = media.find_part(connection, heard.sha256, PEAKS)
    if part is None:
        part = draw_peaks(blobs, heard.sha256, blobs.get(heard.sha256))
        with db.write() as connection:
            media.add_parts(connection, [part], now)
    return blobs.get(part.blob_sha256)


def draw_peaks(
    blobs: BlobStore, sha256: str, content: bytes, duration_ms: int | None = None
) -> Part:
    """Draw a sound and keep the drawing; its length is found out where it is not known."""
    if duration_ms is None:
        details = read_sound_file(content, keep_metadata=True).media.details
        duration_ms = int((details or {})["duration_ms"])
    peaks = make_peaks(content, duration_ms)
    return Part(sha256, PEAKS, blobs.put(peaks), PEAKS_TYPE, len(peaks))


def _recorded(connection: Connection, blobs: BlobStore, actor: Actor, sha256: str) -> str | None:
    """Find the file that somebody hears of a recording; None where it is none, or not theirs."""
    for found in recordings.find_by_blob(connection, sha256):
        is_own = found.person_id == actor.person_id and not actor.scope_project_id
        if is_own or may(actor, "project.status", found.project_id):
            return file_for(connection, blobs, sha256, found.project_id, is_own=is_own)
    return None
