"""What a backup says of itself: its manifest, its files with their hashes, and its blobs.

A backup is a folder: the database, `blobs/`, `keys/`, `releases/`, `fairhand.toml` without secrets,
`blobs.txt` (one `SHA-256 size` a line) and, written last, `manifest.json`. A folder without a
manifest is no backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fairhand.core.errors import ConflictError, MalformedError, NotFoundError, UnavailableError

__all__ = [
    "BLOBS",
    "LIST",
    "MANIFEST",
    "FileLine",
    "Manifest",
    "Marks",
    "files_below",
    "hash_file",
    "listed_blobs",
    "load_manifest",
    "safely",
    "staged",
    "write_durably",
]

MANIFEST, LIST, BLOBS = "manifest.json", "blobs.txt", "blobs"
_FORMAT = 1
_PARTIAL = ".fairhand.partial"
_NO_ROOM = (27, 28, 122)  # EFBIG, ENOSPC, EDQUOT


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file of a backup, its blobs aside."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What must be the same after a restore."""

    ledger_sha256: str
    ledger_entries: int
    log_size: int
    log_root: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole backup in one page; `missing` are blobs that were named and not there any more."""

    made_at: str
    workspace: str
    version: str
    revision: str
    engine: str
    marks: Marks
    files: tuple[FileLine, ...]
    blobs: int
    blob_bytes: int
    missing: tuple[str, ...] = ()
    format: int = _FORMAT

    def dumps(self) -> bytes:
        """Write it down."""
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode() + b"\n"


def load_manifest(folder: Path) -> Manifest:
    """Read the manifest of a backup; raises NotFoundError when the folder is none."""
    path = folder / MANIFEST
    if not path.is_file():
        raise NotFoundError(
            f"{folder} is not a backup: it has no {MANIFEST}. One that was interrupted has none.",
            code="no_backup",
        )
    try:
        return _parsed(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError, KeyError) as error:
        raise MalformedError(
            f"{path} cannot be read: the backup is damaged.", code="backup_damaged"
        ) from error


def _parsed(said: dict[str, Any]) -> Manifest:
    if said["format"] != _FORMAT:
        raise MalformedError(
            f"This backup is of format {said['format']}; this version reads {_FORMAT}. "
            "Use the version that made it.",
            code="backup_format",
        )
    files = tuple(FileLine(**line) for line in said.pop("files"))
    if any(Path(line.path).is_absolute() or ".." in Path(line.path).parts for line in files):
        raise ValueError("a path that leads out of the backup")
    marks, missing = Marks(**said.pop("marks")), tuple(said.pop("missing"))
    return Manifest(marks=marks, files=files, missing=missing, **said)


def listed_blobs(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the blobs that a backup says it holds, with their sizes."""
    with (folder / LIST).open("r", encoding="ascii") as lines:
        for line in lines:
            sha256, _, size = line.strip().partition(" ")
            yield sha256, int(size)


def files_below(folder: Path, *names: str) -> Iterator[Path]:
    """Yield the files under some names of a folder, relative to it, in order.

    A link to a file counts as that file. Raises UnavailableError where a link leads nowhere or to
    a folder: what it should bring would be missing, and nobody would know.
    """
    for name in names:
        place = folder / name
        if place.is_dir():
            yield from sorted(
                path.relative_to(folder) for path in place.rglob("*") if _is_kept(path)
            )
        elif (place.is_file() or place.is_symlink()) and _is_kept(place):
            yield Path(name)


def _is_kept(path: Path) -> bool:
    if path.is_symlink() and not path.is_file():
        where = "to a folder" if path.is_dir() else "nowhere"
        raise UnavailableError(
            f"{path} is a link that leads {where}: it would be missing from the backup. Put what "
            "it should hold in its place and try again.",
            code="link_not_followed",
        )
    return path.is_file()


def hash_file(path: Path) -> str:
    """Give the SHA-256 of a file in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_durably(path: Path, chunks: Iterable[bytes], mode: int = 0o600) -> None:
    """Write a file that is on the disk when this returns; nobody else may read it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def staged(target: Path, last: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield a folder that becomes the target when the block ends well, and else goes.

    It lies beside the target, or inside where the target is an empty folder: that one may be a
    disk of its own, or where somebody stands, and cannot be put in another's place. Then the parts
    move up one by one, those that `last` names in the end, without which the whole is nothing.
    Raises ConflictError when there is something at the target.
    """
    target = target.resolve()
    is_there = target.is_dir()
    _need_empty(target)
    partial = target / _PARTIAL if is_there else target.with_name(f".{target.name}.partial")
    with safely():
        target.parent.mkdir(parents=True, exist_ok=True)
        if partial.exists():  # left by one that was killed
            shutil.rmtree(partial)
        partial.mkdir(mode=0o700)
    try:
        with safely():
            yield partial
            _sync_folder(partial)
            if is_there:
                _move_up(partial, last)
            else:
                partial.rename(target)
                _sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _need_empty(target: Path) -> None:
    """Refuse a target with something in it; what a new disk has by itself is nothing."""
    if not target.exists():
        return
    there = [path.name for path in target.iterdir()] if target.is_dir() else [target.name]
    others = [name for name in there if name not in (_PARTIAL, "lost+found")]
    if others and _PARTIAL in there:
        raise ConflictError(
            f"{target} holds part of what was interrupted. Delete what is in it and try again.",
            code="target_interrupted",
        )
    if others:
        raise ConflictError(
            f"{target} is there already and not empty. Name a new folder.", code="target_not_empty"
        )


def _move_up(partial: Path, last: tuple[str, ...]) -> None:
    """Move the parts to where they belong; killed in between, the folder says so by its name."""
    target = partial.parent
    parts = sorted(partial.iterdir(), key=lambda path: (path.name in last, path.name))
    moved: list[Path] = []
    try:
        for part in parts:
            moved.append(part.rename(target / part.name))
            _sync_folder(target)
        partial.rmdir()
        _sync_folder(target)
    except BaseException:
        for place in reversed(moved):
            place.rename(partial / place.name)
        raise


@contextmanager
def safely() -> Iterator[None]:
    """Say in words that the disk is full or cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise UnavailableError(
                "The disk is full: nothing was kept. Free some space and try again.",
                code="disk_full",
            ) from error
        raise UnavailableError(
            f"{error.filename or 'A file'} cannot be read or written: {error.strerror}.",
            code="not_writable",
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
