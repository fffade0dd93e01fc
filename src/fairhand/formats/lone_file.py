"""A file that lies alone somewhere: a picture, a sound, a text, or a table of many tasks.

What it is, its content says; its name only tells a text from a table.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, cast

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.dicom import is_dicom
from fairhand.formats.generated import generated_of
from fairhand.formats.json_text import fingerprint
from fairhand.formats.options import ReadOptions, Row
from fairhand.formats.raster import is_tiff
from fairhand.formats.registry import read_tasks
from fairhand.formats.sounds import is_sound
from fairhand.formats.tasks import bounded_json, read_picture, to_tasks
from fairhand.model.task import NewTask

_HEAD: Final = 4_096
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM")
_TEXTS: Final = frozenset((".txt", ".text", ".md"))


def is_media(file: IO[bytes]) -> bool:
    """Say whether a file begins as a picture or a sound; it is left at its beginning."""
    head = file.read(_HEAD)
    file.seek(0)
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return webp or head.startswith(_PICTURES) or is_sound(head) or is_tiff(head) or is_dicom(head)


def read_media(file: IO[bytes], key: str, options: ReadOptions) -> Iterator[NewTask | Issue]:
    """Yield the task of a picture or a sound; raises MalformedError with a reason."""
    data: dict[str, Any] = {"file_name": key.partition("?")[0]}
    bounded_json(data, options)
    picture = read_picture(file, options)
    yield from (Issue(key, reason, "warning") for reason in picture.warnings)
    yield NewTask(
        data=data,
        fingerprint=picture.original_sha256,
        place=key,
        media_bytes=picture.content,
        media=picture.media,
        media_file=picture.file,
        generated=generated_of(data, options),
    )


def read_beside(
    file: IO[bytes], key: str, row: Mapping[str, Any], column: str, options: ReadOptions
) -> Iterator[NewTask | Issue]:
    """Yield the task of a row of a table, whose picture or sound was fetched."""
    name = PurePosixPath(key.partition("?")[0]).name
    content = file.read(options.max_sound_bytes + 1)
    values = {**row, column: content}
    if name and "file_name" not in values:
        values["file_name"] = name
    yield from to_tasks(iter([Row(key, values, media_column=column)]), options)


def is_text(key: str) -> bool:
    """Say whether a file is called a text."""
    return PurePosixPath(key.partition("?")[0]).suffix.lower() in _TEXTS


def read_text(file: IO[bytes], key: str, options: ReadOptions) -> Iterator[NewTask | Issue]:
    """Yield the task of a plain text; raises MalformedError with a reason."""
    content = file.read(options.max_payload_bytes + 1)
    if len(content) > options.max_payload_bytes:
        raise MalformedError(f"is larger than {options.max_payload_bytes} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedError("is not UTF-8; save it as UTF-8") from None
    if not text.strip():
        raise MalformedError("is empty")
    if "\0" in text:
        raise MalformedError("is not a text")
    data: dict[str, Any] = {"text": text, "file_name": key}
    canonical = bounded_json(data, options)
    yield NewTask(data, fingerprint(canonical), key, generated=generated_of(data, options))


def read_table(file: IO[bytes], key: str, options: ReadOptions) -> Iterator[NewTask | Issue]:
    """Yield the tasks of a table or an archive, as if it had been uploaded."""
    name = PurePosixPath(key.partition("?")[0]).name
    with tempfile.NamedTemporaryFile(prefix="fairhand-import-") as copy:
        shutil.copyfileobj(file, cast("IO[bytes]", copy))
        copy.flush()
        for one in read_tasks(Path(copy.name), replace(options, name=name, media_root=None)):
            place = f"{key}: {one.place}"
            yield replace(one, place=place)
