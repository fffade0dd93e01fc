"""Temporary files of ours that nobody closed: a process that is killed leaves them behind."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

from fairhand.core.clock import DAY_MS, Instant

_OURS: Final = re.compile(
    r"fairhand-(?:export|import|spool|upgrade|urls|words)-[a-z0-9_]{8}(?:\.zip)?"
)
_OLD_MS: Final = 2 * DAY_MS


def clear_leftovers(now: Instant, folder: Path | None = None) -> int:
    """Remove our own temporary files and folders that nobody has used for two days.

    Gives how many.
    """
    cleared = 0
    try:
        found = list((folder or Path(tempfile.gettempdir())).iterdir())
    except OSError:
        return 0
    for one in found:
        if not _OURS.fullmatch(one.name):
            continue
        try:
            about = one.lstat()
            used_ns = max(about.st_mtime_ns, about.st_atime_ns)
            if about.st_uid != _owner() or now - used_ns // 1_000_000 < _OLD_MS:
                continue
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one)
            else:
                one.unlink()
        except OSError:
            continue  # somebody else clears it too
        cleared += 1
    return cleared


def _owner() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0
