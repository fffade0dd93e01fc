"""What somebody gave is sealed under their own key as it came in, and opened for them alone."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.contributions import intake_store as store
from fairhand.people.contributions.intake_store import Waiting
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.vault import Vault


def seal_original(
    db: Database, blobs: BlobStore, vault: Vault, found: Waiting, content: bytes, now: Instant
) -> None:
    """Seal an original, once; the plain file stays for its caller to delete.

    Raises ConflictError (`key_destroyed`) for somebody who was erased.
    """
    with db.write() as connection:
        key = vault.key_of(connection, found.person_id, now)
    sealed = blobs.put(key.seal(content, about_original(found.id)))
    with db.write() as connection:
        kept = store.mark_sealed(connection, found.id, sealed, len(content))
    if not kept:
        blobs.delete(sealed)


def open_original(db: Database, blobs: BlobStore, vault: Vault, contribution_id: int) -> bytes:
    """Open a sealed original; who may see it is for the caller to say.

    Raises NotFoundError where none is sealed, ConflictError once the key is destroyed.
    """
    with db.read() as connection:
        found = store.load_waiting(connection, contribution_id)
        if found is None or found.sealed_sha256 is None:
            raise NotFoundError("There is no sealed original of this.")
        key = vault.load_key(connection, found.person_id)
    return key.open(blobs.get(found.sealed_sha256), about_original(contribution_id))


def about_original(contribution_id: int) -> str:
    """Say what is sealed: an original opens as that of its own contribution only."""
    return f"contribution {contribution_id}"
