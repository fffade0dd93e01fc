"""Who holds the secret of a licensee's page, and what is theirs."""

from __future__ import annotations

from fairhand.core.errors import NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.proof.licensing import store
from fairhand.proof.licensing.store import Licence, Licensee
from fairhand.storage.database import Connection


def find_licensee(connection: Connection, token: str) -> Licensee:
    """Find the licensee of a secret; NotFoundError for any other, which says nothing more."""
    found = store.find_licensee(connection, sha256_hex(token.encode()))
    if found is None:
        raise NotFoundError("There is no such page. Look whether the address is whole.")
    return found


def own_licence(connection: Connection, holder: Licensee, licence_id: int) -> Licence:
    """Load a licence of this licensee; another's is none."""
    found = store.load_licence(connection, licence_id)
    if found is None or found.licensee_id != holder.id:
        raise NotFoundError("You hold no such licence.")
    return found
