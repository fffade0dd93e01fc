"""A folder of this server that its administrator lets data be imported from.

Nothing outside of it is ever read: links are not followed, and each folder on the way is opened
without following them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.image_folder import is_clutter
from fairhand.formats.safe_files import opened_inside
from fairhand.model.elsewhere import ElsewhereError, Fetched, Found, new_spool, too_large


class ServerFolder:
    """Lists and reads plain files below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def walk(self, prefix: str) -> Iterator[Found | Issue]:
        """List plain files below a folder, by name; raises ElsewhereError when it is none.

        A folder in it that may not be read is said, and the others are listed.
        """
        below = PurePosixPath(prefix.strip("/"))
        if ".." in below.parts:
            raise ElsewhereError("A folder has no '..' in it.", "prefix")
        at = self._root
        for part in below.parts:
            at = at / part
            if at.is_symlink():
                raise ElsewhereError("is a link; links are not followed", "prefix")
        if not self._root.is_dir():
            raise ElsewhereError("There is no such folder on this server.", "bucket")
        if not at.is_dir():
            return
        try:
            listed = _entries(at)
        except OSError:
            raise ElsewhereError(
                f"This server may not read the folder {str(below)!r}.", "permission"
            ) from None
        yield from self._listed(below, listed)

    def _below(self, below: PurePosixPath) -> Iterator[Found | Issue]:
        try:
            listed = _entries(self._root / below)
        except FileNotFoundError:
            return  # it went while the others were listed
        except OSError:
            yield Issue(f"{below}/", "This server may not read this folder; it is left out.")
            return
        yield from self._listed(below, listed)

    def _listed(
        self, below: PurePosixPath, listed: list[os.DirEntry[str]]
    ) -> Iterator[Found | Issue]:
        for one in listed:
            key = str(below / one.name)
            if is_clutter(one.name) or one.is_symlink() or not _is_text(key):
                continue
            if one.is_dir(follow_symlinks=False):
                yield from self._below(below / one.name)
            elif one.is_file(follow_symlinks=False):
                try:
                    about = one.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # it went while the others were listed
                except OSError:
                    yield Issue(key, "This server may not look at this file; it is left out.")
                    continue
                yield Found(key, about.st_size, _version(about))

    def fetch(self, key: str, max_bytes: int) -> Fetched:
        """Copy a file into a spool; raises ElsewhereError, also when it is larger."""
        try:
            with opened_inside(self._root, key) as file:
                about = os.fstat(file.fileno())
                if about.st_size > max_bytes:
                    raise too_large(max_bytes)
                spool = new_spool()
                shutil.copyfileobj(file, spool)
                spool.seek(0)
                return Fetched(spool, _version(about), about.st_size)
        except MalformedError as error:
            raise ElsewhereError(error.message, "object") from None
        except OSError:
            raise ElsewhereError("cannot be read", "object") from None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda one: one.name)


def _version(about: os.stat_result) -> str:
    return f"{about.st_mtime_ns} {about.st_size}"


def _is_text(name: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in name)
