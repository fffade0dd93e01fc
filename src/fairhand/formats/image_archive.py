"""A ZIP archive of images: one image is one task. Nothing is unpacked onto the disk.

Each member is read with a bound of its own, whatever the archive says its size is, so an archive
that grows without end (a "zip bomb") gives an issue for that member and costs no more.
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.generated import generated_of
from fairhand.formats.image_folder import FILE_NAME, is_clutter
from fairhand.formats.images import NotAnImageError
from fairhand.formats.options import ReadOptions, source_name
from fairhand.formats.raster import is_tiff
from fairhand.formats.sounds import is_sound
from fairhand.formats.tasks import bounded_json, read_picture
from fairhand.model.task import NewTask

MAGIC = b"PK\x03\x04"
MAX_MEMBERS = 1_000_000
_HEAD = 12  # bytes that tell what a file is
_CHUNK = 1024 * 1024
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
                yield from _task(archive, member, options)


def write_archive(target: IO[bytes], files: Iterable[tuple[str, IO[bytes]]]) -> None:
    """Pack files as they are; the same files give the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            with archive.open(zipfile.ZipInfo(name, _BEGINNING), "w", force_zip64=True) as member:
                while chunk := content.read(1024 * 1024):
                    member.write(chunk)


def _task(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, options: ReadOptions
) -> Iterator[NewTask | Issue]:
    name = member.filename
    data = {FILE_NAME: name}
    try:
        bounded_json(data, options)
        generated = generated_of(data, options)
        with unpacked(archive, member, options) as file:
            picture = read_picture(file, options)
    except MalformedError as error:
        is_picture = not isinstance(error, NotAnImageError)
        yield Issue(name[:200], error.message, "error" if is_picture else "warning")
        return
    yield from (Issue(name[:200], reason, "warning") for reason in picture.warnings)
    yield NewTask(
        data=data,
        fingerprint=picture.original_sha256,
        place=name[:200],
        media_bytes=picture.content,
        media=picture.media,
        media_file=picture.file,
        generated=generated,
    )


def _most_bytes(head: bytes, options: ReadOptions) -> int:
    if is_tiff(head):
        return options.max_raster_bytes
    return options.max_sound_bytes if is_sound(head) else options.max_image_bytes


@contextmanager
def unpacked(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, options: ReadOptions
) -> Iterator[IO[bytes]]:
    """Unpack a member: in memory, and what is large into a file of its own, which ends here."""
    with tempfile.SpooledTemporaryFile(options.max_image_bytes, prefix="fairhand-") as spool:
        try:
            with archive.open(member) as packed:
                head = packed.read(_HEAD)
                most = _most_bytes(head, options)
                left = most - spool.write(head)
                while left >= 0 and (chunk := packed.read(_CHUNK)):
                    left -= spool.write(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise MalformedError(f"cannot be unpacked: {error}") from None
        if left < 0:
            raise MalformedError(f"is larger than {most} bytes")
        spool.seek(0)
        yield spool
