"""Parts of a recording come in, each once; when all are here they become one WAV file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.open_recording import own_recording, told_of
from fairhand.work.parts import content_of, kept_part, missing_parts
from fairhand.work.recordings import store
from fairhand.work.recordings.rules import (
    MOST_PARTS,
    Measures,
    measure,
    part_issues,
    sizes_fit,
    wave_header,
)
from fairhand.work.recordings.store import PartRow, Recording


@dataclass(frozen=True, slots=True)
class KeepPart:
    """One part: 16-bit little-endian samples of one channel."""

    person_id: int
    recording_id: str
    number: int
    content: bytes


@dataclass(frozen=True, slots=True)
class JoinParts:
    """The recording has so many parts and samples; a device that lost some would count fewer."""

    person_id: int
    recording_id: str
    parts: int
    samples: int


def keep_part(db: Database, blobs: BlobStore, command: KeepPart, now: Instant) -> dict[str, Any]:
    """Keep a part; sent again it is the one that is here.

    Raises InvalidError for what is no part, ConflictError for other samples under its number or a
    recording that is whole or dropped.
    """
    size = len(command.content)
    if issues := part_issues(command.number, size):
        raise InvalidError(issues[0].message, issues=issues)
    with db.read() as connection:
        _still_open(own_recording(connection, command.person_id, command.recording_id))
    part = PartRow(command.number, blobs.put(_kept(command)), size)
    with db.write() as connection:
        found = _still_open(own_recording(connection, command.person_id, command.recording_id))
        if not store.add_part(connection, found.id, part, now):
            _same_again(store.list_parts(connection, found.id), command)
        return told_of(connection, found)


def join_parts(db: Database, blobs: BlobStore, command: JoinParts, now: Instant) -> dict[str, Any]:
    """Make one file of the parts, count its samples, measure it; asked again it says the same.

    Raises ConflictError (`parts_missing`, with the numbers) while some are not here, InvalidError
    when the samples are not as many as the device counted.
    """
    with db.read() as connection:
        found = own_recording(connection, command.person_id, command.recording_id)
        if found.state == "whole":
            return told_of(connection, found)
        _still_open(found)
        parts = store.list_parts(connection, found.id)
    parts = _check_whole(parts, command)
    try:
        file, measures = _joined(blobs, parts, command.samples, found.rate)
    except NotFoundError as gone:
        _forget_lost(db, blobs, found.id, parts)
        with db.read() as connection:
            found = own_recording(connection, command.person_id, command.recording_id)
            if found.state == "whole":  # joined by the same request, sent twice
                return told_of(connection, found)
        raise _missing([part.number for part in parts]) from gone
    with db.write() as connection:
        found = own_recording(connection, command.person_id, command.recording_id)
        if found.state == "whole":
            return told_of(connection, found)
        _still_open(found)
        store.make_whole(connection, found.id, file, command.samples, measures, now)
        unused = store.forget_parts(connection, found.id)
        reply = told_of(
            connection, own_recording(connection, command.person_id, command.recording_id)
        )
    for sha256 in unused:
        blobs.delete(sha256)
    return reply


def drop_recording(
    db: Database, blobs: BlobStore, person_id: int, recording_id: str, now: Instant
) -> None:
    """Forget a recording that was never sent as an answer, voice and all.

    Raises ConflictError for one that an answer already holds: that answer is changed instead.
    """
    with db.write() as connection:
        found = own_recording(connection, person_id, recording_id)
        if found.state == "whole" and store.is_answer(connection, found):
            raise ConflictError("This recording is part of an answer.", code="recording_in_use")
        whole = found.blob_sha256
        unused = store.forget_parts(connection, found.id)
        store.drop(connection, found.id, now)
        if whole is not None and not store.is_used(connection, whole):
            unused.append(whole)
    for sha256 in unused:
        blobs.delete(sha256)


def _kept(command: KeepPart) -> bytes:
    return kept_part(command.recording_id, command.number, command.content)


def _still_open(found: Recording) -> Recording:
    if found.state != "open":
        raise ConflictError(f"This recording is {found.state} already.", code="recording_closed")
    return found


def _same_again(parts: Sequence[PartRow], command: KeepPart) -> None:
    kept = next((part for part in parts if part.number == command.number), None)
    if kept is not None and kept.blob_sha256 != sha256_hex(_kept(command)):
        raise ConflictError(
            f"Part {command.number} is here already, with other samples.", code="part_differs"
        )


def _check_whole(parts: Sequence[PartRow], command: JoinParts) -> list[PartRow]:
    """Give the parts that the device counted; what it sent beyond them is left out."""
    if not 0 < command.parts <= MOST_PARTS:
        raise InvalidError(
            "parts must be at least 1.", issues=[Issue("parts", "must be 1 or more")]
        )
    if missing := missing_parts((part.number for part in parts), command.parts):
        raise _missing(missing)
    counted = [part for part in parts if part.number < command.parts]
    sizes = [part.size_bytes for part in counted]
    if not sizes_fit(sizes, command.samples):
        here = sum(sizes) // 2
        issue = Issue("samples", f"{command.samples} were counted, and {here} are here")
        raise InvalidError("Samples were lost on the way.", issues=[issue])
    return counted


def _missing(numbers: Sequence[int]) -> ConflictError:
    issues = [Issue(f"parts[{number}]", "is not here yet") for number in numbers]
    return ConflictError("Some parts are not here yet.", code="parts_missing", issues=issues)


def _joined(
    blobs: BlobStore, parts: Sequence[PartRow], samples: int, rate: int
) -> tuple[tuple[str, int], Measures]:
    """Write the file once and measure what is written; one part at a time is in memory."""
    with tempfile.TemporaryFile(prefix="fairhand-") as spool:
        spool.write(wave_header(samples, rate))

        def passing() -> Iterator[bytes]:
            for part in parts:
                content = content_of(blobs.get(part.blob_sha256))
                spool.write(content)
                yield content

        measures = measure(passing(), rate)
        size = spool.tell()
        spool.seek(0)
        return (blobs.put(spool), size), measures


def _forget_lost(
    db: Database, blobs: BlobStore, recording_id: str, parts: Sequence[PartRow]
) -> None:
    """A part whose blob is gone is asked for again."""
    lost = [part.number for part in parts if not blobs.exists(part.blob_sha256)]
    with db.write() as connection:
        for number in lost:
            store.forget_part(connection, recording_id, number)
