"""The keys that sign credentials: one file each in the workspace, readable by its owner alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.errors import UnavailableError
from fairhand.people.talent.multikey import KeyPair, KeyTextError, read_secret


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: the workspace's name and address, and the folder of its keys.

    Which key signs is written in the database, so that all servers change over in one moment.
    """

    name: str
    url: str
    folder: Path

    def make_key(self) -> KeyPair:
        """Make a key and keep it; nothing is signed with it before the database says so."""
        key = KeyPair(Ed25519PrivateKey.generate())
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(
            self._path(key.public.multikey), os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600
        )
        with os.fdopen(handle, "w") as file:
            file.write(key.secret() + "\n")
            file.flush()
            os.fsync(file.fileno())
        return key

    def load_key(self, multikey: str) -> KeyPair:
        """Load a key; raises UnavailableError saying what is wrong with its file."""
        path = self._path(multikey)
        try:
            key = read_secret(path.read_text("utf-8"))
        except FileNotFoundError:
            raise UnavailableError(
                f"The key that signs credentials is missing ({path}). Restore it from your backup, "
                "or run `fairhand credential new-key`.",
                code="credential_key_missing",
            ) from None
        except (KeyTextError, UnicodeDecodeError) as error:
            raise UnavailableError(
                f"The key that signs credentials cannot be read ({path}): {error}. Restore it from "
                "your backup, or run `fairhand credential new-key`.",
                code="credential_key_unreadable",
            ) from None
        if key.public.multikey != multikey:
            raise UnavailableError(
                f"The file {path} holds another key than its name says.",
                code="credential_key_unreadable",
            )
        return key

    def forget_key(self, multikey: str) -> None:
        """Delete the private half of a key that signs no more."""
        self._path(multikey).unlink(missing_ok=True)

    def _path(self, multikey: str) -> Path:
        return self.folder / f"{multikey}.key"
