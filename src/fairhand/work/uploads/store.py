"""Uploads and their parts in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, exists, func, select, update

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.campaigns import contribution, upload, upload_part
from fairhand.storage.tables.desk import recording
from fairhand.storage.tables.work import annotation, task


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo on its way in, or whole; `details` says what was found in it and taken out."""

    id: str
    person_id: int
    project_id: int | None
    task_id: int | None
    question: str | None
    state: str
    media_type: str | None
    declared_bytes: int
    blob_sha256: str | None
    size_bytes: int | None
    details: dict[str, Any]

    def as_answer(self) -> dict[str, Any]:
        """Write what was found, as it stands in the answer."""
        return {
            "upload": self.id,
            "sha256": self.blob_sha256,
            "media_type": self.media_type,
            "width": self.details.get("width"),
            "height": self.details.get("height"),
            "bytes": self.size_bytes,
        }


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part that has arrived."""

    number: int
    blob_sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Sent:
    """How much somebody sent since a moment: recordings, uploads, and the bytes of both."""

    recordings: int
    uploads: int
    bytes: int


_COLUMNS = [upload.c[name] for name in Upload.__dataclass_fields__]
_LOAD = select(*_COLUMNS).where(upload.c.id == bindparam("upload_id"))
_BY_BLOB = select(*_COLUMNS).where(
    upload.c.blob_sha256 == bindparam("sha256"), upload.c.state == "whole"
)
_PARTS = (
    select(upload_part.c.number, upload_part.c.blob_sha256, upload_part.c.size_bytes)
    .where(upload_part.c.upload_id == bindparam("upload_id"))
    .order_by(upload_part.c.number)
)
_ANSWERED = exists().where(
    annotation.c.task_id == upload.c.task_id,
    annotation.c.person_id == upload.c.person_id,
    annotation.c.value.contains(upload.c.id),
)
_STALE = (
    select(upload.c.id)
    .where(upload.c.state == "open", upload.c.touched_at < bindparam("before"))
    .order_by(upload.c.touched_at)
    .limit(bindparam("most"))
)
_UNUSED = (
    select(upload.c.id, upload.c.blob_sha256)
    .where(
        upload.c.state == "whole",
        upload.c.touched_at < bindparam("before"),
        upload.c.touched_at >= bindparam("since"),
        ~_ANSWERED,
    )
    .order_by(upload.c.touched_at)
    .limit(bindparam("most"))
)
_SENT_UPLOADS = select(func.count(), func.coalesce(func.sum(upload.c.declared_bytes), 0)).where(
    upload.c.person_id == bindparam("person_id"), upload.c.created_at >= bindparam("since")
)
_SENT_RECORDINGS = select(
    func.count(), func.coalesce(func.sum(recording.c.received_bytes), 0)
).where(
    recording.c.person_id == bindparam("person_id"), recording.c.created_at >= bindparam("since")
)


def add_upload(connection: Connection, row: dict[str, Any], now: Instant) -> None:
    """Open an upload; one of this id that is there already stays as it is."""
    values = {**row, "created_at": now, "touched_at": now}
    connection.execute(
        insert(connection, upload).on_conflict_do_nothing(index_elements=["id"]), values
    )


def load_upload(connection: Connection, upload_id: str) -> Upload | None:
    """Load an upload."""
    row = connection.execute(_LOAD, {"upload_id": upload_id}).one_or_none()
    return None if row is None else _upload(row)


def find_by_blob(connection: Connection, sha256: str) -> list[Upload]:
    """Find the uploads whose whole file this is."""
    return [_upload(row) for row in connection.execute(_BY_BLOB, {"sha256": sha256})]


def list_parts(connection: Connection, upload_id: str) -> list[PartRow]:
    """List the parts that have arrived, in order."""
    return [PartRow(*row) for row in connection.execute(_PARTS, {"upload_id": upload_id})]


def add_part(connection: Connection, upload_id: str, part: PartRow, now: Instant) -> bool:
    """Remember a part; False when one of this number is there already."""
    values = {
        "upload_id": upload_id,
        "number": part.number,
        "blob_sha256": part.blob_sha256,
        "size_bytes": part.size_bytes,
        "received_at": now,
    }
    added = connection.execute(insert(connection, upload_part).on_conflict_do_nothing(), values)
    if added.rowcount:
        connection.execute(
            update(upload)
            .where(upload.c.id == upload_id)
            .values(received_bytes=upload.c.received_bytes + part.size_bytes, touched_at=now)
        )
    return bool(added.rowcount)


def make_whole(
    connection: Connection,
    upload_id: str,
    file: tuple[str, int, str],
    details: dict[str, Any],
    now: Instant,
) -> None:
    """Remember the clean file (its SHA-256, bytes and media type) and what was found."""
    sha256, size, media_type = file
    connection.execute(
        update(upload)
        .where(upload.c.id == upload_id, upload.c.state == "open")
        .values(
            state="whole",
            blob_sha256=sha256,
            size_bytes=size,
            media_type=media_type,
            details=orjson.dumps(details).decode(),
            touched_at=now,
        )
    )


def drop(connection: Connection, upload_id: str, now: Instant) -> None:
    """Remember that an upload is not wanted: nothing of its picture is known any more."""
    connection.execute(
        update(upload)
        .where(upload.c.id == upload_id)
        .values(
            state="dropped",
            blob_sha256=None,
            size_bytes=None,
            media_type=None,
            details="{}",
            touched_at=now,
        )
    )


def forget_parts(connection: Connection, upload_id: str) -> list[str]:
    """Forget the parts of an upload; gives their blobs, which are of this upload alone."""
    mine = [part.blob_sha256 for part in list_parts(connection, upload_id)]
    connection.execute(delete(upload_part).where(upload_part.c.upload_id == upload_id))
    return mine


def forget_part(connection: Connection, upload_id: str, number: int) -> None:
    """Forget one part, so that it is sent again."""
    connection.execute(
        delete(upload_part).where(
            upload_part.c.upload_id == upload_id, upload_part.c.number == number
        )
    )


def is_used(connection: Connection, sha256: str) -> bool:
    """Say whether a whole upload, a task's own file or what others see of a gift is this blob."""
    columns = (
        upload.c.blob_sha256,
        task.c.media_sha256,
        contribution.c.open_sha256,
    )
    return any(
        connection.execute(select(column).where(column == sha256).limit(1)).first()
        for column in columns
    )


def is_answer(connection: Connection, found: Upload) -> bool:
    """Say whether an answer of this person to this task holds the upload."""
    held = select(func.count()).where(
        annotation.c.task_id == found.task_id,
        annotation.c.person_id == found.person_id,
        annotation.c.value.contains(found.id),
    )
    return bool(connection.execute(held).scalar_one())


def list_stale(connection: Connection, before: Instant, most: int) -> Sequence[str]:
    """List uploads that were begun and not touched since."""
    return list(connection.execute(_STALE, {"before": before, "most": most}).scalars())


def list_unused(
    connection: Connection, since: Instant, before: Instant, most: int
) -> list[tuple[str, str]]:
    """List whole uploads, last touched between two moments, that no answer holds.

    Gives their ids and the SHA-256 of their files.
    """
    given = {"since": since, "before": before, "most": most}
    return [(one, sha256) for one, sha256 in connection.execute(_UNUSED, given)]


def sent_since(connection: Connection, person_id: int, since: Instant) -> Sent:
    """Count what somebody began to send since a moment."""
    given = {"person_id": person_id, "since": since}
    recordings, heard = connection.execute(_SENT_RECORDINGS, given).one()
    uploads, seen = connection.execute(_SENT_UPLOADS, given).one()
    return Sent(int(recordings), int(uploads), int(heard) + int(seen))


def _upload(row: Any) -> Upload:  # noqa: ANN401  # a row of the columns above
    return Upload(**{**row._mapping, "details": orjson.loads(row.details)})
