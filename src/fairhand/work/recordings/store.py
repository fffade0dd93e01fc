"""Recordings and their parts in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, select, update

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.desk import recording, recording_part
from fairhand.storage.tables.work import annotation, task
from fairhand.work.recordings.rules import Measures


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording on its way in, or whole."""

    id: str
    person_id: int
    project_id: int
    task_id: int
    question: str
    state: str
    rate: int
    samples: int
    blob_sha256: str | None
    size_bytes: int | None
    duration_ms: int | None
    loudness: float | None
    noise: float | None
    clipped: float | None

    def as_answer(self) -> dict[str, Any]:
        """Write what was measured, as it stands in the answer."""
        return {
            "recording": self.id,
            "rate": self.rate,
            "samples": self.samples,
            "sha256": self.blob_sha256,
            "duration_ms": self.duration_ms,
            "loudness": self.loudness,
            "noise": self.noise,
            "clipped": self.clipped,
        }


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part that has arrived."""

    number: int
    blob_sha256: str
    size_bytes: int


_COLUMNS = [recording.c[name] for name in Recording.__dataclass_fields__]
_LOAD = select(*_COLUMNS).where(recording.c.id == bindparam("recording_id"))
_BY_BLOB = select(*_COLUMNS).where(
    recording.c.blob_sha256 == bindparam("sha256"), recording.c.state == "whole"
)
_PARTS = (
    select(recording_part.c.number, recording_part.c.blob_sha256, recording_part.c.size_bytes)
    .where(recording_part.c.recording_id == bindparam("recording_id"))
    .order_by(recording_part.c.number)
)
_STALE = (
    select(recording.c.id)
    .where(recording.c.state == "open", recording.c.touched_at < bindparam("before"))
    .order_by(recording.c.touched_at)
    .limit(bindparam("most"))
)

_ANSWERED = exists().where(
    annotation.c.task_id == recording.c.task_id,
    annotation.c.person_id == recording.c.person_id,
    annotation.c.value.contains(recording.c.id),
)
_UNUSED = (
    select(recording.c.id, recording.c.blob_sha256)
    .where(
        recording.c.state == "whole",
        recording.c.touched_at < bindparam("before"),
        recording.c.touched_at >= bindparam("since"),
        ~_ANSWERED,
    )
    .order_by(recording.c.touched_at)
    .limit(bindparam("most"))
)


def add_recording(connection: Connection, row: dict[str, Any], now: Instant) -> None:
    """Open a recording; one of this id that is there already stays as it is."""
    values = {**row, "created_at": now, "touched_at": now}
    connection.execute(
        insert(connection, recording).on_conflict_do_nothing(index_elements=["id"]), values
    )


def load_recording(connection: Connection, recording_id: str) -> Recording | None:
    """Load a recording."""
    row = connection.execute(_LOAD, {"recording_id": recording_id}).one_or_none()
    return None if row is None else Recording(*row)


def find_by_blob(connection: Connection, sha256: str) -> list[Recording]:
    """Find the recordings whose whole file this is."""
    return [Recording(*row) for row in connection.execute(_BY_BLOB, {"sha256": sha256})]


def list_parts(connection: Connection, recording_id: str) -> list[PartRow]:
    """List the parts that have arrived, in order."""
    rows = connection.execute(_PARTS, {"recording_id": recording_id})
    return [PartRow(*row) for row in rows]


def add_part(connection: Connection, recording_id: str, part: PartRow, now: Instant) -> bool:
    """Remember a part; False when one of this number is there already."""
    values = {
        "recording_id": recording_id,
        "number": part.number,
        "blob_sha256": part.blob_sha256,
        "size_bytes": part.size_bytes,
        "received_at": now,
    }
    added = connection.execute(insert(connection, recording_part).on_conflict_do_nothing(), values)
    if added.rowcount:
        connection.execute(
            update(recording)
            .where(recording.c.id == recording_id)
            .values(received_bytes=recording.c.received_bytes + part.size_bytes, touched_at=now)
        )
    return bool(added.rowcount)


def make_whole(
    connection: Connection,
    recording_id: str,
    file: tuple[str, int],
    samples: int,
    measures: Measures,
    now: Instant,
) -> None:
    """Remember the joined file (its SHA-256 and bytes) and what was measured."""
    connection.execute(
        update(recording)
        .where(recording.c.id == recording_id, recording.c.state == "open")
        .values(
            state="whole",
            samples=samples,
            blob_sha256=file[0],
            size_bytes=file[1],
            duration_ms=measures.duration_ms,
            loudness=measures.loudness,
            noise=measures.noise,
            clipped=measures.clipped,
            touched_at=now,
        )
    )


def drop(connection: Connection, recording_id: str, now: Instant) -> None:
    """Remember that a recording is not wanted: nothing of its sound is known any more."""
    connection.execute(
        update(recording)
        .where(recording.c.id == recording_id)
        .values(state="dropped", blob_sha256=None, size_bytes=None, touched_at=now)
    )


def forget_parts(connection: Connection, recording_id: str) -> list[str]:
    """Forget the parts of a recording; gives their blobs, which are of this recording alone."""
    mine = [part.blob_sha256 for part in list_parts(connection, recording_id)]
    connection.execute(delete(recording_part).where(recording_part.c.recording_id == recording_id))
    return mine


def forget_part(connection: Connection, recording_id: str, number: int) -> None:
    """Forget one part, so that it is sent again."""
    connection.execute(
        delete(recording_part).where(
            recording_part.c.recording_id == recording_id, recording_part.c.number == number
        )
    )


def is_used(connection: Connection, sha256: str) -> bool:
    """Say whether a whole recording, or the sound that a task is about, is kept in this blob."""
    columns = (recording.c.blob_sha256, task.c.media_sha256)
    return any(
        connection.execute(select(column).where(column == sha256).limit(1)).first()
        for column in columns
    )


def is_answer(connection: Connection, found: Recording) -> bool:
    """Say whether an answer of this person to this task holds the recording."""
    held = select(func.count()).where(
        annotation.c.task_id == found.task_id,
        annotation.c.person_id == found.person_id,
        annotation.c.value.contains(found.id),
    )
    return bool(connection.execute(held).scalar_one())


def list_stale(connection: Connection, before: Instant, most: int) -> Sequence[str]:
    """List recordings that were begun and not touched since."""
    return list(connection.execute(_STALE, {"before": before, "most": most}).scalars())


def list_unused(
    connection: Connection, since: Instant, before: Instant, most: int
) -> list[tuple[str, str]]:
    """List whole recordings, last touched between two moments, that no answer holds.

    Gives their ids and the SHA-256 of their files.
    """
    given = {"since": since, "before": before, "most": most}
    return [(one, sha256) for one, sha256 in connection.execute(_UNUSED, given)]
