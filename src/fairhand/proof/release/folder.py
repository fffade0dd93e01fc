"""The folder of a release: written by one process, synced to disk, put in place by one rename."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

from fairhand.core.errors import ConflictError, UnavailableError
from fairhand.proof.release import manifest as names


def place_release(
    draft: Path, final: Path, log_json: bytes, statement: bytes | None = None
) -> None:
    """Add the proof and put the folder in place with one rename; doing it again does nothing."""
    if (final / names.MANIFEST).exists():
        return
    with clear_errors():
        (draft / names.LOG).write_bytes(log_json)
        _sync(draft / names.LOG)
        if statement is not None:
            (draft / names.STATEMENT).write_bytes(statement)
            _sync(draft / names.STATEMENT)
        _sync(draft)
        final.parent.mkdir(parents=True, exist_ok=True)
        draft.rename(final)
        _sync(final.parent)


def holds(folder: Path, manifest_sha256: str) -> bool:
    """Say whether a folder holds the release of this manifest."""
    path = folder / names.MANIFEST
    return path.is_file() and sha256_of(path) == manifest_sha256


def is_free(folder: Path) -> bool:
    """Say whether a release may be put here: nothing there, or an empty folder."""
    if folder.is_symlink() or not folder.exists():
        return not folder.is_symlink()
    return folder.is_dir() and not any(folder.iterdir())


@contextmanager
def only_writer(draft: Path) -> Iterator[None]:
    """Let one process write a draft at a time; the lock goes with the process that holds it.

    Raises ConflictError when another one is at it.
    """
    draft.parent.mkdir(parents=True, exist_ok=True)
    lock = draft.with_name(f"{draft.name}.lock")
    handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not lock.exists() or not os.path.samestat(os.fstat(handle), lock.stat()):
            raise BlockingIOError  # its last holder took the file away before we had the lock
    except BlockingIOError:
        os.close(handle)
        raise ConflictError(
            "This release is being written just now.", code="release_in_progress"
        ) from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def nothing_left_behind(draft: Path) -> Iterator[None]:
    """Start a draft from nothing, and remove it when writing it fails."""
    with clear_errors():
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(parents=True)
        try:
            yield
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn a full disk into UnavailableError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise UnavailableError(
                "The disk is full: the release was not made and nothing of it was left behind. "
                "Free some space and try again.",
                code="disk_full",
            ) from error
        raise


def sync_tree(root: Path) -> None:
    """Make sure that files and folder entries survive a power cut."""
    for folder, _, files in os.walk(root):
        for name in files:
            _sync(Path(folder, name))
        _sync(Path(folder))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
