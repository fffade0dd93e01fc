"""Content-addressed blobs: bytes that are named by their SHA-256 and never change.

A blob is there whole or not at all. The store is an obstore URL: files in the workspace unless
`blob_url` names S3, Google Cloud Storage or Azure; `memory://` serves tests.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from fairhand.core.errors import ConflictError, NotFoundError, UnavailableError

__all__ = ["BlobStore"]

_CHUNK_BYTES = 1024 * 1024
_WHOLE_BYTES = 4 * 1024 * 1024
_AWAY_RETRY_S = 5
_FULL_RETRY_S = 60
_NAME = re.compile(r"[0-9a-f]{64}")
# ENOSPC, EDQUOT and EFBIG as the operating system's errors are written in obstore's messages.
_NO_ROOM = re.compile(r"No space left|os error (28|122|27)\b|quota", re.IGNORECASE)


class BlobStore:
    """Keeps blobs in one place; every method may be called from several threads at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._root = Path(url.removeprefix("file://")) if url.startswith("file://") else None
        self._store: ObjectStore = (
            LocalStore(self._root, mkdir=True) if self._root is not None else from_url(url)
        )

    def put(self, content: bytes | Path | IO[bytes]) -> str:
        """Store bytes, a file or a stream, and return its SHA-256 in hex.

        Storing the same content again does nothing. The content is durable when this returns;
        raises UnavailableError (`disk_full`) when there is no room, and then nothing is stored.
        """
        if isinstance(content, bytes):
            return self._put_bytes(content)
        if isinstance(content, Path):
            return self._put_file(content)
        with tempfile.NamedTemporaryFile(prefix="fairhand-spool-") as spool, _clear_errors():
            for chunk in _chunks(content):
                spool.write(chunk)
            spool.flush()
            return self._put_file(Path(spool.name))

    def get(self, sha256: str, *, check: bool = False) -> bytes:
        """Read a whole blob; with `check` its hash is computed again and must fit its name."""
        return b"".join(self.stream(sha256, check=check))

    def read_range(self, sha256: str, start: int, end: int) -> bytes:
        """Read the bytes from `start` up to, not including, `end`."""
        with _clear_errors(sha256):
            return bytes(obstore.get_range(self._store, _path(sha256), start=start, end=end))

    def stream(self, sha256: str, *, check: bool = False) -> Iterator[bytes]:
        """Read a blob in chunks of about a megabyte; `check` as in `get`, told at the end."""
        digest = hashlib.sha256()
        with _clear_errors(sha256):
            answer = obstore.get(self._store, _path(sha256))
            for buffer in answer.stream(min_chunk_size=_CHUNK_BYTES):
                chunk = bytes(buffer)
                if check:
                    digest.update(chunk)
                yield chunk
        if check and digest.hexdigest() != sha256:
            raise UnavailableError(
                f"The stored file {sha256[:12]} is damaged: its content does not fit its name. "
                "Restore it from a backup.",
                code="blob_damaged",
            )

    def size(self, sha256: str) -> int:
        """Say how many bytes a blob has."""
        with _clear_errors(sha256):
            return obstore.head(self._store, _path(sha256))["size"]

    def names(self) -> Iterator[tuple[str, int]]:
        """Yield every blob there is with its size, in no order; others' files are passed over."""
        with _clear_errors():
            for batch in obstore.list(self._store):
                for each in batch:
                    name = str(each["path"]).rpartition("/")[2]
                    if _NAME.fullmatch(name):
                        yield name, int(each["size"])

    def exists(self, sha256: str) -> bool:
        """Say whether a blob is there."""
        try:
            self.size(sha256)
        except NotFoundError:
            return False
        return True

    def check_writable(self) -> None:
        """Write a few bytes and remove them again; raises UnavailableError when that fails."""
        probe = f"probe-{os.getpid()}-{os.urandom(4).hex()}"
        with _clear_errors():
            obstore.put(self._store, probe, b"fairhand")
            obstore.delete(self._store, probe)

    def delete(self, sha256: str) -> None:
        """Remove a blob; one that is not there is no error."""
        if self.exists(sha256):
            with _clear_errors(sha256):
                obstore.delete(self._store, _path(sha256))

    def _put_bytes(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        if not self._has(sha256, len(content)):
            self._write(sha256, content)
        return sha256

    def _put_file(self, path: Path) -> str:
        size = path.stat().st_size
        if size <= _WHOLE_BYTES:
            return self._put_bytes(path.read_bytes())
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        if not self._has(sha256, size):
            with path.open("rb") as stream:
                self._write(sha256, _same_as(sha256, _chunks(stream), path))
        return sha256

    def _has(self, sha256: str, size: int) -> bool:
        try:
            return self.size(sha256) == size
        except NotFoundError:
            return False

    def _write(self, sha256: str, content: bytes | Iterator[bytes]) -> None:
        with _clear_errors():
            obstore.put(self._store, _path(sha256), content)
            if self._root is not None:
                _make_durable(self._root / _path(sha256))


def _path(sha256: str) -> str:
    if not _NAME.fullmatch(sha256):
        raise NotFoundError("There is no such file: its name is not a SHA-256.")
    return f"{sha256[:2]}/{sha256}"


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK_BYTES):
        yield chunk


def _same_as(sha256: str, chunks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Pass chunks on; raise before the last one counts when the file changed under our hands."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != sha256:
        raise ConflictError(f"{path.name} changed while it was being read. Try again.")


def _make_durable(path: Path) -> None:
    """Push a file and its folder entries to the disk: a commit may point at it next."""
    for target in (path, path.parent, path.parent.parent):
        handle = os.open(target, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _clear_errors(sha256: str = "") -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no stored file {sha256[:12]}.") from error
    except (BaseError, OSError) as error:
        if _NO_ROOM.search(str(error)) or getattr(error, "errno", None) in (27, 28, 122):
            raise UnavailableError(
                "The disk is full: the file was not saved. Free some space and try again.",
                code="disk_full",
                retry_after_s=_FULL_RETRY_S,
            ) from error
        raise UnavailableError(
            "The file store does not answer just now. Try again in a moment.",
            code="blobs_unavailable",
            retry_after_s=_AWAY_RETRY_S,
        ) from error
