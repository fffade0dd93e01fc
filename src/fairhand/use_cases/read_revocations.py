"""What must not be used any more of a release: its newest signed list, for anybody who has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairhand.core.errors import NotFoundError
from fairhand.proof.log.note import Signer
from fairhand.proof.release import store as releases
from fairhand.proof.revocation import store
from fairhand.proof.revocation.rules import sign_list, write_list
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class Feed:
    """A signed list: `pieces` streams its file, which `note` vouches for."""

    release_id: int
    number: int
    items: int
    sha256: str
    note: str
    pieces: Iterator[bytes]


def read_revocations(
    db: Database, blobs: BlobStore, signer: Signer, release_id: int, number: int | None = None
) -> Feed:
    """Give a release's newest list, or an older one by its number; number 0 is the empty list.

    Raises NotFoundError when there is no such release or list.
    """
    with db.read() as connection:
        found = releases.load_release(connection, release_id)
        if found is None or found.state != "published":
            raise NotFoundError(f"There is no release {release_id}.")
        if number is None:
            kept = store.newest_list(connection, release_id)
        else:
            kept = store.load_list(connection, release_id, number)
    if kept is not None:
        pieces = blobs.stream(kept.blob_sha256, check=True)
        return Feed(release_id, kept.number, kept.items, kept.sha256, kept.note, pieces)
    if number:
        raise NotFoundError(f"Release {release_id} has no list {number}.")
    file = write_list(release_id, found.version, 0, (), found.created_at)
    made = sign_list(signer, file, release_id, 0, 0)
    return Feed(release_id, 0, 0, made.sha256, made.note, iter((file,)))
