"""What this workspace publishes about the credentials that it gave out."""

from __future__ import annotations

from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError, UnavailableError
from fairhand.people.talent import credential_store as store
from fairhand.people.talent.badge import status_list_body
from fairhand.people.talent.credential_store import IssuerKey
from fairhand.people.talent.integrity import with_proof
from fairhand.people.talent.issuer_file import KeyState, issuer_document
from fairhand.people.talent.keys import Issuer
from fairhand.people.talent.multikey import PublicKey
from fairhand.people.talent.status_list import encode, list_name, parse_list_name
from fairhand.storage.database import Connection, Database


def read_issuer(db: Database, issuer: Issuer, now: Instant) -> dict[str, Any]:
    """Write the issuer's file: keys, which are revoked, and the lists of revoked credentials."""
    with db.read() as connection:
        keys = store.list_keys(connection)
        numbers = range(1, store.last_list(connection) + 1)
        lists = [
            _signed_list(connection, key, number, issuer, now)
            for key in keys
            if key.revoked_at is None
            for number in numbers
        ]
    named = [(PublicKey(key.multikey), KeyState(key.retired_at, key.revoked_at)) for key in keys]
    return issuer_document(issuer.name, issuer.url, named, lists, now)


def read_status_list(db: Database, issuer: Issuer, name: str, now: Instant) -> dict[str, Any]:
    """Write one list of revoked credentials, signed now; raises NotFoundError."""
    key_id, number = parse_list_name(name) or (0, 0)
    with db.read() as connection:
        key = next((one for one in store.list_keys(connection) if one.id == key_id), None)
        if key is None or key.revoked_at or not 1 <= number <= store.last_list(connection):
            raise NotFoundError(f"There is no list {name[:40]!r}.")
        return _signed_list(connection, key, number, issuer, now)


def read_keys(db: Database) -> list[IssuerKey]:
    """List the keys that sign or signed credentials."""
    with db.read() as connection:
        return store.list_keys(connection)


def _signed_list(
    connection: Connection, key: IssuerKey, number: int, issuer: Issuer, now: Instant
) -> dict[str, Any]:
    """Sign a list with its own key, or with the one that signs now where the own is lost."""
    try:
        pair = issuer.load_key(key.multikey)
    except UnavailableError:
        live = store.live_key(connection)
        if live is None or live.id == key.id:
            raise
        pair = issuer.load_key(live.multikey)
    encoded = encode(store.revoked_in(connection, number))
    name = list_name(key.id, number)
    return with_proof(status_list_body(name, encoded, issuer.url, pair.public, now), pair, now)
