"""What is sealed under one person's key can be read until that key is destroyed, and never after.

Every person has a key of their own (AES-256-GCM), kept in the database under the key of the
workspace's file `keys/people.key`. Destroying a person's key makes everything that it sealed
unreadable, wherever copies of it lie (crypto-shredding). The file must be in every backup.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, select, update

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, UnavailableError
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.consent import person_key

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_ANY = select(person_key.c.person_id).where(person_key.c.wrapped.is_not(None)).limit(1)
_FIND = select(person_key.c.wrapped).where(person_key.c.person_id == bindparam("of"))


@dataclass(frozen=True, slots=True, repr=False)
class PersonKey:
    """One person's key; `about` says what is sealed, and must be the same when it is opened."""

    secret: bytes

    def seal(self, content: bytes, about: str) -> bytes:
        """Seal bytes, in memory: 28 bytes more than they were, and never the same twice."""
        return _seal(self.secret, content, about)

    def open(self, sealed: bytes, about: str) -> bytes:
        """Open what was sealed; raises UnavailableError when it is damaged or another's."""
        return _open(self.secret, sealed, about)


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys of people, under the key in the file at `path`."""

    path: Path

    def key_of(self, connection: Connection, person_id: int, now: Instant) -> PersonKey:
        """Load a person's key, or make it; raises ConflictError (`key_destroyed`) once it is gone.

        The connection must be one that may write.
        """
        found = connection.execute(_FIND, {"of": person_id}).one_or_none()
        if found is None:
            self._see_to_the_file(connection)
            fresh = _seal(self._master(), AESGCM.generate_key(256), _about(person_id))
            row = {"person_id": person_id, "wrapped": fresh, "created_at": now}
            connection.execute(insert(connection, person_key).on_conflict_do_nothing(), row)
        return self.load_key(connection, person_id)

    def load_key(self, connection: Connection, person_id: int) -> PersonKey:
        """Load a person's key; raises ConflictError when there is none, or none any more."""
        wrapped = connection.execute(_FIND, {"of": person_id}).scalar_one_or_none()
        if wrapped is None:
            raise ConflictError(
                "What was sealed for this person cannot be opened: there is no key.",
                code="key_destroyed",
            )
        return PersonKey(_open(self._master(), wrapped, _about(person_id)))

    def destroy_key(self, connection: Connection, person_id: int, now: Instant) -> bool:
        """Destroy a person's key for ever; False when there was none to destroy."""
        ended = (
            update(person_key)
            .where(person_key.c.person_id == person_id, person_key.c.wrapped.is_not(None))
            .values(wrapped=None, destroyed_at=now)
        )
        done = connection.execute(ended).rowcount == 1
        row = {"person_id": person_id, "created_at": now, "destroyed_at": now}
        connection.execute(insert(connection, person_key).on_conflict_do_nothing(), row)
        return done

    def seal_secret(self, connection: Connection, content: bytes, about: str) -> bytes:
        """Seal a secret of the workspace itself (a webhook's, a letter's) under its own key.

        `about` says what it is, and must be the same when it is opened.
        """
        self._see_to_the_file(connection)
        return _seal(self._master(), content, f"workspace: {about}")

    def open_secret(self, sealed: bytes, about: str) -> bytes:
        """Open what `seal_secret` sealed; raises UnavailableError when the key is another one."""
        return _open(self._master(), sealed, f"workspace: {about}")

    def _see_to_the_file(self, connection: Connection) -> None:
        """Make the workspace's key file, unless keys of people lie under one that is missing."""
        if self.path.exists():
            return
        if connection.execute(_ANY).first() is not None:
            raise _unreadable(self.path)
        _create(self.path)

    def _master(self) -> bytes:
        try:
            secret = base64.b64decode(self.path.read_text("ascii").strip(), validate=True)
        except (OSError, ValueError) as error:
            raise _unreadable(self.path) from error
        if len(secret) != _KEY_BYTES:
            raise _unreadable(self.path)
        return secret


def _about(person_id: int) -> str:
    return f"person {person_id}"


def _seal(secret: bytes, content: bytes, about: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(secret).encrypt(nonce, content, about.encode())


def _open(secret: bytes, sealed: bytes, about: str) -> bytes:
    nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(secret).decrypt(nonce, content, about.encode())
    except (InvalidTag, ValueError) as error:
        raise UnavailableError(
            "A sealed file is damaged, or the workspace's key file is another one "
            "(keys/people.key). Restore both from the same backup.",
            code="seal_broken",
        ) from error


def _unreadable(path: Path) -> UnavailableError:
    return UnavailableError(
        f"The key of sealed files cannot be read ({path}). Restore it from your backup.",
        code="people_key_unreadable",
    )


def _create(path: Path) -> None:
    """Write a new key so that whoever comes second, even at the same moment, finds it whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}.new")
    handle = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(base64.b64encode(os.urandom(_KEY_BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
