"""From a row of a file to a task: which column means what, limits, and the fingerprint."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.images import probe_image, strip_metadata
from fairhand.formats.json_text import canonical_json, fingerprint
from fairhand.formats.options import ReadOptions, Row
from fairhand.formats.predictions import (
    column_gold,
    column_prediction,
    usable_gold,
    usable_predictions,
)
from fairhand.formats.safe_files import read_inside
from fairhand.labels.kind import json_type
from fairhand.model.task import Media, NewTask

_NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it will be stored, and the name of the content it came as."""

    content: bytes
    media: Media
    original_sha256: str


def read_picture(content: bytes, options: ReadOptions) -> Picture:
    """Check an image and clean it of metadata; raises MalformedError with a reason."""
    if len(content) > options.max_image_bytes:
        raise MalformedError(f"is larger than {options.max_image_bytes} bytes")
    media = probe_image(content, options.max_image_pixels)
    if options.keep_image_metadata:
        return Picture(content, media, media.sha256)
    cleaned = strip_metadata(content, options.max_image_pixels)
    shown = media if cleaned is content else probe_image(cleaned, options.max_image_pixels)
    return Picture(cleaned, shown, media.sha256)


def to_tasks(rows: Iterator[Row | Issue], options: ReadOptions) -> Iterator[NewTask | Issue]:
    """Turn rows into tasks one at a time; what is wrong with a row takes its place."""
    for row in rows:
        if isinstance(row, Issue):
            yield row
        else:
            yield from _task(row, options)


def _task(row: Row, options: ReadOptions) -> Iterator[NewTask | Issue]:
    try:
        data = dict(row.values)
        proposed = column_prediction(data, options)
        gold = column_gold(data, options)
        picture = _take_picture(data, options)
        _take_text(data, options)
        if picture is None and all(value in _NOTHING for value in data.values()):
            raise MalformedError("is empty")
        if gold is not None:
            gold = usable_gold(gold, options, picture)
        canonical = bounded_json(data, options)
    except MalformedError as error:
        yield Issue(row.place, error.message)
        return
    good, reasons = usable_predictions([*row.predictions, *proposed], options, picture)
    yield from (Issue(row.place, reason, "warning") for reason in reasons)
    yield NewTask(
        data=data,
        fingerprint=_fingerprint(canonical, picture),
        place=row.place,
        media_bytes=picture.content if picture else None,
        media=picture.media if picture else None,
        predictions=good,
        gold=gold,
    )


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


def _take_picture(data: dict[str, Any], options: ReadOptions) -> Picture | None:
    """Take the image out of the data; its file name, where there is one, stays."""
    column = options.image_column
    if column is None:
        return None
    if column not in data:
        raise MalformedError(f"has no {column!r}, which is named as the image")
    content, name = _image_bytes(data.pop(column), column, options)
    if name and "file_name" not in data:
        data["file_name"] = name
    try:
        return read_picture(content, options)
    except MalformedError as error:
        raise MalformedError(f"{column!r} {error.message}") from None


def _image_bytes(value: Any, column: str, options: ReadOptions) -> tuple[bytes, str | None]:  # noqa: ANN401
    """Find the image in bytes, in the Hugging Face pair of bytes and path, or behind a name."""
    name = None
    if isinstance(value, dict):
        name, value = value.get("path"), value.get("bytes") or value.get("path")
    if isinstance(value, bytes):
        return value, name if isinstance(name, str) else None
    if not isinstance(value, str) or not value:
        raise MalformedError(f"must have an image in {column!r}, not {json_type(value)}")
    if value.startswith("data:"):
        return _data_address(value, column), None
    if options.media_root is None or "://" in value:
        raise MalformedError(f"{column!r} is an address; images behind addresses are not fetched")
    try:
        return read_inside(options.media_root, value, options.max_image_bytes), value
    except MalformedError as error:
        raise MalformedError(f"{column!r} {value[:100]!r} {error.message}") from None


def _data_address(value: str, column: str) -> bytes:
    """Read a base64 `data:` address (RFC 2397)."""
    head, _, body = value.partition(",")
    try:
        if not head.endswith(";base64"):
            raise ValueError
        return base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error):
        raise MalformedError(f"{column!r} is not a base64 data address") from None
