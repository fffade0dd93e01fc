"""A person lets everybody with the address read a credential, or nobody any more."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.people.talent import credential_store as store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class ShareCredential:
    """Whose credential, which, and whether it can be read by its address."""

    person_id: int
    uid: str
    is_shared: bool


def share_credential(db: Database, command: ShareCredential, now: Instant) -> None:
    """Share or stop sharing at once; raises ConflictError for a revoked credential."""
    with db.write() as connection:
        found = store.find_credential(connection, command.uid)
        if found is None or found.person_id != command.person_id:
            raise NotFoundError("You have no such credential.")
        if command.is_shared and found.revoked_at is not None:
            raise ConflictError("This credential was revoked; it cannot be shared.")
        store.share(connection, found.id, is_shared=command.is_shared)
        body = {"credential": found.uid, "is_shared": command.is_shared}
        log.append(connection, "credential.shared", body, now, command.person_id)
