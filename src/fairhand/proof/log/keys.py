"""The log's signing key: one file in the workspace, readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.errors import UnavailableError
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
    """Load the log's key; raises UnavailableError saying what is wrong with the file."""
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
