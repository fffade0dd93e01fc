"""From a row of a file to a task: which column means what, limits, and the fingerprint."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from typing import IO, Any

from fairhand.core.errors import Issue, MalformedError
from fairhand.core.ids import sha256_hex
from fairhand.formats.dicom import HEAD, is_dicom, read_dicom
from fairhand.formats.generated import generated_of
from fairhand.formats.images import describe, probe_image, strip_metadata
from fairhand.formats.json_text import canonical_json, fingerprint
from fairhand.formats.options import Proposed, ReadOptions, Row
from fairhand.formats.predictions import (
    column_gold,
    column_prediction,
    context_of,
    usable_gold,
    usable_predictions,
)
from fairhand.formats.pyramid import LARGE, TILE, levels_of
from fairhand.formats.raster import has_reader, is_tiff, pixels_of
from fairhand.formats.safe_files import opened_inside
from fairhand.formats.sounds import is_sound, read_sound_file
from fairhand.formats.tiff import LargePicture, is_odd, read_large_tiff, read_small_tiff
from fairhand.labels.kind import json_type
from fairhand.model.task import Foreign, Media, NewGold, NewTask

_NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it will be stored, and the name of the content it came as.

    A large one comes as an open file instead of as `content`. `warnings` are for who imports it.
    """

    content: bytes | None
    media: Media
    original_sha256: str
    file: IO[bytes] | None = None
    warnings: tuple[str, ...] = ()


def read_picture(source: bytes | IO[bytes], options: ReadOptions) -> Picture:
    """Check an image and clean it of metadata; raises MalformedError with a reason.

    TIFFs that are too large to be sent whole are read piece by piece out of the file.
    """
    file = BytesIO(source) if isinstance(source, bytes) else source
    head = file.read(HEAD)
    file.seek(0)
    if is_sound(head):
        return _sound(file, options)
    if is_tiff(head) and (large := _large(file, options)):
        return Picture(None, large.media, large.original_sha256, large.file)
    file.seek(0)
    content = file.read(options.max_image_bytes + 1)
    if len(content) > options.max_image_bytes:
        raise MalformedError(f"is larger than {options.max_image_bytes} bytes")
    if is_dicom(head):
        return _scan(content, options)
    if is_tiff(head) and not options.keep_image_metadata and is_odd(content):
        png, details = read_small_tiff(content, options.max_image_pixels)
        return _described(png, details, sha256_hex(content), options)
    media = probe_image(content, options.max_image_pixels)
    kept = options.keep_image_metadata
    cleaned = content if kept else strip_metadata(content, options.max_image_pixels)
    details = describe(content, cleaned, options.max_image_pixels)
    return _described(cleaned, details, media.sha256, options)


def _sound(file: IO[bytes], options: ReadOptions) -> Picture:
    """Read a sound instead of a picture."""
    content = file.read(options.max_sound_bytes + 1)
    if len(content) > options.max_sound_bytes:
        raise MalformedError(f"is larger than {options.max_sound_bytes} bytes")
    found = read_sound_file(content, keep_metadata=options.keep_image_metadata)
    return Picture(found.content, found.media, found.original_sha256)


def _large(file: IO[bytes], options: ReadOptions) -> LargePicture | None:
    """Read a TIFF of many pixels; others, and all where the reader is not installed, are not."""
    if not has_reader():
        return None
    size = file.seek(0, 2)
    if size > options.max_raster_bytes:
        raise MalformedError(f"is larger than {options.max_raster_bytes} bytes")
    if pixels_of(file) <= LARGE:
        return None
    return read_large_tiff(
        file, options.max_raster_pixels, keep_metadata=options.keep_image_metadata
    )


def _scan(content: bytes, options: ReadOptions) -> Picture:
    scan = read_dicom(content, options.max_image_pixels)
    details = {**scan.details, **({"removed": list(scan.removed)} if scan.removed else {})}
    found = _described(scan.content, details, sha256_hex(content), options)
    burned = ("says that names are written into the picture itself; look at it before others do",)
    return replace(found, warnings=burned if scan.burned_in else ())


def _described(
    content: bytes, details: dict[str, Any], original: str, options: ReadOptions
) -> Picture:
    media = probe_image(content, options.max_image_pixels)
    width, height = media.width or 0, media.height or 0
    if width * height > LARGE:
        details = {**details, "levels": levels_of(width, height), "tile": TILE}
    return Picture(content, replace(media, details=details or None), original)


def to_tasks(rows: Iterator[Row | Issue], options: ReadOptions) -> Iterator[NewTask | Issue]:
    """Turn rows into tasks one at a time; what is wrong with a row takes its place.

    Another tool may hold the same data in several tasks: each then stays a task of its own.
    """
    met: Counter[str] = Counter()
    for row in rows:
        if isinstance(row, Issue):
            yield row
            continue
        for one in _task(row, options):
            if isinstance(one, NewTask) and one.foreign is not None and "id" in one.foreign.details:
                met[one.fingerprint] += 1
                if (times := met[one.fingerprint]) > 1:
                    again = fingerprint(f"{one.fingerprint} {times}".encode())
                    yield replace(one, fingerprint=again)
                    continue
            yield one


def _task(row: Row, options: ReadOptions) -> Iterator[NewTask | Issue]:
    try:
        data = dict(row.values)
        proposed = column_prediction(data, options)
        gold = column_gold(data, options)
        picture = _take_picture(data, row.media_column, options)
        _take_text(data, options)
        if picture is None and all(value in _NOTHING for value in data.values()):
            raise MalformedError("is empty")
        found = Proposed() if row.propose is None else row.propose(context_of(picture, data))
        if gold is None and found.gold is not None:
            gold = NewGold(found.gold)
        if gold is not None:
            gold = usable_gold(gold, options, picture, data)
        canonical = bounded_json(data, options)
        generated = generated_of(data, options)
    except MalformedError as error:
        yield Issue(row.place, error.message)
        return
    good, unusable = usable_predictions(
        [*row.predictions, *found.predictions, *proposed], options, picture, data
    )
    reasons = [*found.reasons, *unusable]
    told = picture.warnings if picture else ()
    yield from (Issue(row.place, reason, "warning") for reason in (*told, *reasons))
    yield NewTask(
        data=data,
        fingerprint=_fingerprint(canonical, picture),
        place=row.place,
        media_bytes=picture.content if picture else None,
        media=picture.media if picture else None,
        predictions=good,
        gold=gold,
        media_file=picture.file if picture else None,
        generated=generated,
        foreign=None if row.foreign is None else _with_changes(row.foreign, row.original, data),
    )


def _with_changes(
    foreign: Foreign, original: dict[str, Any] | None, data: dict[str, Any]
) -> Foreign:
    """Note what became of a task's data here, so that it can go out as it came."""
    if original is None or original == data:
        return foreign
    changed = {k: v for k, v in original.items() if k not in data or data[k] != v}
    details = {**foreign.details, "added": [k for k in data if k not in original]}
    return replace(foreign, details={**details, "changed": changed})


def bounded_json(data: dict[str, Any], options: ReadOptions) -> bytes:
    """Write a task's data canonically; raises MalformedError when it is over the limit."""
    canonical = canonical_json(data)
    if len(canonical) > options.max_payload_bytes:
        limit = options.max_payload_bytes
        raise MalformedError(f"is {len(canonical)} bytes of data; {limit} are allowed")
    return canonical


def _fingerprint(canonical: bytes, picture: Picture | None) -> str:
    """Find the row again: its data, and where there is one, its image as it came."""
    if picture is None:
        return fingerprint(canonical)
    return fingerprint(canonical + b"\n" + picture.original_sha256.encode())


def _take_text(data: dict[str, Any], options: ReadOptions) -> None:
    """Move the text column to `text`, where pages look for it."""
    column = options.text_column
    if column is None:
        return
    if column not in data:
        raise MalformedError(f"has no {column!r}, which is named as the text")
    text = data.pop(column)
    if not isinstance(text, str):
        raise MalformedError(f"must have text in {column!r}, not {json_type(text)}")
    if not text.strip():
        raise MalformedError(f"has an empty {column!r}, which is named as the text")
    if "text" in data:
        raise MalformedError(f"has a 'text' besides {column!r}, which is named as the text")
    data["text"] = text


def _take_picture(data: dict[str, Any], own: str | None, options: ReadOptions) -> Picture | None:
    """Take the image out of the data; its file name, where there is one, stays."""
    column = own or options.image_column or options.audio_column
    if column is None:
        return None
    if column not in data:
        raise MalformedError(f"has no {column!r}, which is named as the image or sound")
    with _image_source(data.pop(column), column, options) as (source, name):
        if name and "file_name" not in data:
            data["file_name"] = name
        try:
            return read_picture(source, options)
        except MalformedError as error:
            shown = "" if isinstance(source, bytes) else f" {str(name)[:100]!r}"
            raise MalformedError(f"{column!r}{shown} {error.message}") from None


@contextmanager
def _image_source(
    value: Any,  # noqa: ANN401
    column: str,
    options: ReadOptions,
) -> Iterator[tuple[bytes | IO[bytes], str | None]]:
    """Find the image in bytes, in the Hugging Face pair of bytes and path, or behind a name."""
    name = None
    if isinstance(value, dict):
        name, value = value.get("path"), value.get("bytes") or value.get("path")
    if isinstance(value, bytes):
        yield value, name if isinstance(name, str) else None
        return
    if not isinstance(value, str) or not value:
        raise MalformedError(f"must have an image or a sound in {column!r}, not {json_type(value)}")
    if value.startswith("data:"):
        yield _data_address(value, column), None
        return
    if options.media_root is None or "://" in value:
        raise MalformedError(f"{column!r} is an address; files behind addresses are not fetched")
    with ExitStack() as stack:
        try:
            file = stack.enter_context(opened_inside(options.media_root, value))
        except MalformedError as error:
            raise MalformedError(f"{column!r} {value[:100]!r} {error.message}") from None
        yield file, value


def _data_address(value: str, column: str) -> bytes:
    """Read a base64 `data:` address (RFC 2397)."""
    head, _, body = value.partition(",")
    try:
        if not head.endswith(";base64"):
            raise ValueError
        return base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error):
        raise MalformedError(f"{column!r} is not a base64 data address") from None
