"""Files below a folder, and never outside it, whatever a name or a link says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from fairhand.core.errors import MalformedError


def read_inside(root: Path, name: str, max_bytes: int) -> bytes:
    """Read a plain file below `root`; MalformedError for links, paths out, and large files."""
    with opened_inside(root, name) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise MalformedError(f"is larger than {max_bytes} bytes")
    return content


@contextmanager
def opened_inside(root: Path, name: str) -> Iterator[BinaryIO]:
    """Open a plain file below `root`; raises MalformedError for links and paths out.

    Each folder on the way is opened without following links, so that nothing can be swapped in
    between the check and the reading.
    """
    parts = _parts(name)
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = _open_at(folder, part, os.O_RDONLY | os.O_DIRECTORY)
            os.close(folder)
            folder = inner
        handle = _open_at(folder, parts[-1], os.O_RDONLY | os.O_NONBLOCK)
    finally:
        os.close(folder)
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise MalformedError("is not a plain file")
        yield file


def _parts(name: str) -> tuple[str, ...]:
    path = PurePosixPath(name)
    if not name or "\x00" in name or "\\" in name or path.is_absolute() or ".." in path.parts:
        raise MalformedError("is not a file name inside the folder")
    if not path.parts:
        raise MalformedError("is not a file name")
    return path.parts


def _open_at(folder: int, part: str, flags: int) -> int:
    try:
        return os.open(part, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        raise MalformedError("is not there") from None
    except (OSError, ValueError):
        raise MalformedError("cannot be opened; links are not followed") from None
