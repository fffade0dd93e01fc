"""A file that somebody sent, as a path for the time of a request; its name never becomes one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import UploadFile

from fairhand.core.errors import InvalidError, Issue
from fairhand.web.shared.uploads import called


@contextmanager
def spooled(file: UploadFile | None) -> Iterator[tuple[Path, str]]:
    """Give a file's path and what to call it; raises InvalidError when nothing was sent."""
    if file is None or not (file.filename or file.size):
        raise InvalidError("Choose a file.", issues=[Issue("file", "Choose a file.")])
    with tempfile.NamedTemporaryFile(prefix="fairhand-spool-") as spool:
        shutil.copyfileobj(file.file, spool)
        spool.flush()
        yield Path(spool.name), called(file)
