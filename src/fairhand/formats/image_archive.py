"""A ZIP archive of images: one image is one task. Nothing is unpacked onto the disk.

Each member is read with a bound of its own, whatever the archive says its size is, so an archive
that grows without end (a "zip bomb") gives an issue for that member and costs no more.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.image_folder import FILE_NAME, is_clutter
from fairhand.formats.images import NotAnImageError
from fairhand.formats.options import ReadOptions, source_name
from fairhand.formats.tasks import bounded_json, read_picture
from fairhand.model.task import NewTask

MAGIC = b"PK\x03\x04"
MAX_MEMBERS = 1_000_000
_BEGINNING = (1980, 1, 1, 0, 0, 0)  # the earliest date of the format


def read_archive(path: Path, options: ReadOptions) -> Iterator[NewTask | Issue]:
    """Yield a task for each image in the order of the names; one image at a time is in memory."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        name = source_name(path, options)
        raise MalformedError(f"{name} is not a whole ZIP archive: {error}") from None
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > MAX_MEMBERS:
            raise MalformedError(f"holds more than {MAX_MEMBERS:,} files")
        for member in sorted(members, key=lambda member: member.filename):
            if not is_clutter(member.filename):
                yield _task(archive, member, options)


def write_archive(target: IO[bytes], files: Iterable[tuple[str, IO[bytes]]]) -> None:
    """Pack files as they are; the same files give the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            with archive.open(zipfile.ZipInfo(name, _BEGINNING), "w", force_zip64=True) as member:
                while chunk := content.read(1024 * 1024):
                    member.write(chunk)


def _task(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, options: ReadOptions
) -> NewTask | Issue:
    name = member.filename
    data = {FILE_NAME: name}
    try:
        bounded_json(data, options)
        picture = read_picture(_content(archive, member, options.max_image_bytes), options)
    except MalformedError as error:
        is_picture = not isinstance(error, NotAnImageError)
        return Issue(name[:200], error.message, "error" if is_picture else "warning")
    return NewTask(
        data=data,
        fingerprint=picture.original_sha256,
        place=name[:200],
        media_bytes=picture.content,
        media=picture.media,
    )


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    try:
        with archive.open(member) as file:
            content = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise MalformedError(f"cannot be unpacked: {error}") from None
    if len(content) > most:
        raise MalformedError(f"is larger than {most} bytes")
    return content
