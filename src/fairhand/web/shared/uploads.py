"""Files that people send: into the blob store as a stream, under the hash of their content."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from fastapi import UploadFile

from fairhand.core.errors import InvalidError, Issue
from fairhand.formats.image_archive import write_archive
from fairhand.use_cases.ask_import import Upload
from fairhand.use_cases.house import House

_IMAGES = frozenset((".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".bmp", ".dcm"))
_SOUNDS = frozenset((".wav", ".flac", ".ogg", ".oga", ".mp3"))
_SINGLE = _IMAGES | _SOUNDS
_NOT_IMAGES = (
    "Send one table or archive, or any number of images or sounds; not several tables at once."
)


def store_upload(house: House, files: Sequence[UploadFile]) -> Upload:
    """Store what was sent, several images or sounds as one archive.

    Raises InvalidError for nothing at all.

    A file's name is kept to call it by in messages; it never becomes a path.
    """
    sent = [file for file in files if file.filename or file.size]
    if not sent:
        raise InvalidError("Choose a file.", issues=[Issue("file", "Choose a file.")])
    names = [called(file) for file in sent]
    if len(sent) == 1 and PurePath(names[0]).suffix.lower() not in _SINGLE:
        return Upload(names[0], house.blobs.put(sent[0].file))
    if any(PurePath(name).suffix.lower() not in _SINGLE for name in names):
        raise InvalidError(_NOT_IMAGES, issues=[Issue("file", _NOT_IMAGES)])
    with tempfile.TemporaryFile(prefix="fairhand-") as spool:
        write_archive(spool, zip(_unique(names), (file.file for file in sent), strict=True))
        spool.seek(0)
        sha256 = house.blobs.put(spool)
    return Upload(names[0] if len(sent) == 1 else f"{len(sent)} files", sha256)


def called(file: UploadFile) -> str:
    """What to call a file: the last part of its name, in plain text."""
    last = (file.filename or "file").replace("\\", "/").split("/")[-1]
    return "".join(char for char in last if char.isprintable())[:200] or "file"


def _unique(names: Iterable[str]) -> list[str]:
    """Give the second file of a name a name of its own."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{seen[name]}-{name}")
    return unique
