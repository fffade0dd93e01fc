"""Parts of a photo come in, each once; when all are here they become one clean file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.compute.authenticity.credentials import claims_of
from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.formats.photos import NotAPhotoError, Photo, clean_photo
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.open_upload import own_upload, told_of
from fairhand.work.parts import content_of, kept_part, missing_parts
from fairhand.work.uploads import store
from fairhand.work.uploads.rules import MOST_PIXELS, is_complete, part_count, part_issues
from fairhand.work.uploads.store import PartRow, Upload


@dataclass(frozen=True, slots=True)
class KeepUploadPart:
    """One part of the file's bytes."""

    person_id: int
    upload_id: str
    number: int
    content: bytes


@dataclass(frozen=True, slots=True)
class JoinUpload:
    """The upload has so many parts."""

    person_id: int
    upload_id: str
    parts: int


def keep_upload_part(
    db: Database, blobs: BlobStore, command: KeepUploadPart, now: Instant
) -> dict[str, Any]:
    """Keep a part; sent again it is the one that is here.

    Raises InvalidError for what is no part of this file, ConflictError for other bytes under its
    number or an upload that is whole or dropped.
    """
    with db.read() as connection:
        found = _still_open(own_upload(connection, command.person_id, command.upload_id))
    size = len(command.content)
    if issues := part_issues(command.number, size, found.declared_bytes):
        raise InvalidError(issues[0].message, issues=issues)
    part = PartRow(command.number, blobs.put(_kept(command)), size)
    with db.write() as connection:
        found = _still_open(own_upload(connection, command.person_id, command.upload_id))
        if not store.add_part(connection, found.id, part, now):
            _same_again(store.list_parts(connection, found.id), command)
        return told_of(connection, found)


def join_upload(
    db: Database, blobs: BlobStore, command: JoinUpload, now: Instant
) -> dict[str, Any]:
    """Make one file of the parts, clean of all it must not carry; asked again it says the same.

    Raises ConflictError (`parts_missing`, with the numbers) while some are not here, and
    NotAPhotoError for a file that is no photo; of such a one nothing is kept.
    """
    with db.read() as connection:
        found = own_upload(connection, command.person_id, command.upload_id)
        if found.state == "whole":
            return told_of(connection, found)
        parts = store.list_parts(connection, _still_open(found).id)
    _check_whole(parts, command, found)
    try:
        content = b"".join(content_of(blobs.get(p.blob_sha256)) for p in parts)
        photo = clean_photo(content, MOST_PIXELS)
    except NotFoundError as gone:
        return _asked_again(db, blobs, command, parts, gone)
    except NotAPhotoError:
        _forget(db, blobs, found.id, now)
        raise
    file = (blobs.put(photo.content), len(photo.content), photo.media_type)
    claims = claims_of(content, photo.media_type)  # cleaning takes them out of the file
    with db.write() as connection:
        found = own_upload(connection, command.person_id, command.upload_id)
        if found.state == "whole":
            return told_of(connection, found)
        store.make_whole(
            connection, _still_open(found).id, file, _details(photo) | {"claims": claims}, now
        )
        unused = store.forget_parts(connection, found.id)
        reply = told_of(connection, own_upload(connection, command.person_id, command.upload_id))
    for sha256 in unused:
        blobs.delete(sha256)
    return reply


def drop_upload(
    db: Database, blobs: BlobStore, person_id: int, upload_id: str, now: Instant
) -> None:
    """Forget an upload that was never sent as an answer, picture and all.

    Raises ConflictError for one that an answer already holds: that answer is changed instead.
    """
    with db.read() as connection:
        found = own_upload(connection, person_id, upload_id)
        if found.state == "whole" and store.is_answer(connection, found):
            raise ConflictError("This photo is part of an answer.", code="upload_in_use")
    _forget(db, blobs, upload_id, now)


def _forget(db: Database, blobs: BlobStore, upload_id: str, now: Instant) -> None:
    """Drop an upload that no answer holds, with its parts and its file."""
    with db.write() as connection:
        found = store.load_upload(connection, upload_id)
        if found is None or (found.state == "whole" and store.is_answer(connection, found)):
            return
        whole = found.blob_sha256
        unused = store.forget_parts(connection, upload_id)
        store.drop(connection, upload_id, now)
        if whole is not None and not store.is_used(connection, whole):
            unused.append(whole)
    for sha256 in unused:
        blobs.delete(sha256)


def _details(photo: Photo) -> dict[str, Any]:
    return {
        "width": photo.width,
        "height": photo.height,
        "removed": list(photo.removed),
        "turned": photo.turned,
    }


def _kept(command: KeepUploadPart) -> bytes:
    return kept_part(command.upload_id, command.number, command.content)


def _still_open(found: Upload) -> Upload:
    if found.state != "open":
        raise ConflictError(f"This photo is {found.state} already.", code="upload_closed")
    return found


def _same_again(parts: Sequence[PartRow], command: KeepUploadPart) -> None:
    kept = next((part for part in parts if part.number == command.number), None)
    if kept is not None and kept.blob_sha256 != sha256_hex(_kept(command)):
        raise ConflictError(
            f"Part {command.number} is here already, with other bytes.", code="part_differs"
        )


def _check_whole(parts: Sequence[PartRow], command: JoinUpload, found: Upload) -> None:
    count = part_count(found.declared_bytes)
    if command.parts != count:
        issue = Issue("parts", f"must be {count} for {found.declared_bytes} bytes")
        raise InvalidError(issue.message, issues=[issue])
    missing = missing_parts((part.number for part in parts), count)
    if missing or not is_complete([part.size_bytes for part in parts], found.declared_bytes):
        raise _missing(missing)


def _missing(numbers: Sequence[int]) -> ConflictError:
    issues = [Issue(f"parts[{number}]", "is not here yet") for number in numbers]
    return ConflictError("Some parts are not here yet.", code="parts_missing", issues=issues)


def _asked_again(
    db: Database,
    blobs: BlobStore,
    command: JoinUpload,
    parts: Sequence[PartRow],
    gone: NotFoundError,
) -> dict[str, Any]:
    """A part whose blob is gone is asked for again, unless the same request joined it meanwhile."""
    lost = [part.number for part in parts if not blobs.exists(part.blob_sha256)]
    with db.write() as connection:
        found = own_upload(connection, command.person_id, command.upload_id)
        if found.state == "whole":
            return told_of(connection, found)
        for number in lost:
            store.forget_part(connection, found.id, number)
    raise _missing(lost) from gone
