"""The log's signing key: one file in the workspace, readable by its owner alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.errors import ConflictError, UnavailableError
from fairhand.proof.log.note import NoteError, Signer, parse_skey


def load_or_create_signer(path: Path, origin: str) -> Signer:
    """Load the log's key, or make one named after `origin` when there is no file yet.

    A log keeps its name for life: once the file is there, the name in it is the one that counts.
    """
    if not path.exists():
        _create(path, origin)
    return load_signer(path)


def key_name(origin: str) -> str:
    """Make a name that a note can carry: no spaces, no plus signs."""
    return "-".join(origin.replace("+", " ").split()) or "fairhand"


def load_signer(path: Path) -> Signer:
    """Load the log's key; raises UnavailableError saying what is wrong with the file.

    While the key before it has not been retired, notes are signed by both.
    """
    before = _previous(path)
    signer = _load(path)
    if not before.exists() or _same_file(before, path):
        return signer
    return Signer(signer.name, signer.private_key, also=_load(before))


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Let one process change the key at a time: two at once could lose the new one.

    Raises ConflictError when another one is at it; the lock goes with the process that holds it.
    """
    with path.with_name(f"{path.stem}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(
                "The key is being changed just now.", code="rotation_open"
            ) from None
        yield


def prepare_next(path: Path) -> Signer:
    """Load the key that is to come next, or make it: it lies beside the one that signs now.

    Raises ConflictError while the key before this one still signs along.
    """
    upcoming = _next(path)
    if not upcoming.exists():
        if _previous(path).exists():
            raise ConflictError(
                "The key was changed before, and the old one still signs along. Retire that first: "
                "`fairhand log rotate --finish`.",
                code="rotation_open",
            )
        _create(upcoming, _load(path).name)
    return _load(upcoming)


def put_next(path: Path) -> None:
    """Let the next key take the place of this one, which signs along; doing it again is safe."""
    upcoming, before = _next(path), _previous(path)
    if not upcoming.exists():
        return
    if not before.exists():
        os.link(path, before)
    upcoming.replace(path)
    _settle(path.parent)


def load_previous(path: Path) -> Signer:
    """Load the key before this one; raises ConflictError when none signs along."""
    before = _previous(path)
    if not before.exists() or _same_file(before, path):
        raise ConflictError("There is no old key that signs along.", code="no_old_key")
    return _load(before)


def delete_previous(path: Path) -> None:
    """Delete the key before this one; doing it again is safe."""
    _previous(path).unlink(missing_ok=True)
    _settle(path.parent)


def _previous(path: Path) -> Path:
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def _next(path: Path) -> Path:
    return path.with_name(f"{path.stem}.next{path.suffix}")


def _same_file(one: Path, other: Path) -> bool:
    """Say whether a change of keys was broken off before the new one took its place."""
    return other.exists() and one.samefile(other)


def _settle(folder: Path) -> None:
    """See a change of names on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _load(path: Path) -> Signer:
    try:
        return parse_skey(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UnavailableError(
            f"The log's signing key is missing ({path}). Restore it from your backup: "
            "without it nothing new can be signed under this log's name.",
            code="log_key_missing",
        ) from None
    except (NoteError, UnicodeDecodeError) as error:
        raise UnavailableError(
            f"The log's signing key cannot be read ({path}): {error}. Restore it from your backup.",
            code="log_key_unreadable",
        ) from error


def _create(path: Path, origin: str) -> None:
    """Write a new key so that whoever comes second, even at the same moment, finds it whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    key = Signer(key_name(origin), Ed25519PrivateKey.generate()).skey()
    handle = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
