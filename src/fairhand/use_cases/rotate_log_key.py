"""The log gets a new key: the old one hands over to it, and signs along until it is retired.

Broken off at any moment, the next call goes on: the new key lies beside the old one until the log
knows it, and only then takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairhand.core.clock import Instant
from fairhand.proof.log import key_store
from fairhand.proof.log import store as log
from fairhand.proof.log.key_store import KeyRow
from fairhand.proof.log.keys import changing, load_signer, prepare_next, put_next
from fairhand.proof.log.rotation import make_handover
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class Rotated:
    """Both public keys, and the note that both signed."""

    old: str
    new: str
    handover: str


def rotate_log_key(db: Database, path: Path, by: int | None, now: Instant) -> Rotated:
    """Change the key in `path`; ConflictError while an earlier change is not finished."""
    with changing(path):
        new = prepare_next(path)
        old = load_signer(path)
        with db.write() as connection:
            rows = key_store.list_keys(connection)
            found = next((row for row in rows if row.vkey == new.verifier.vkey), None)
            if found is None:
                if not rows:
                    first = KeyRow(old.verifier.vkey, 0, now, None)
                    key_store.add_key(connection, first, None)
                latest = log.latest_checkpoint(connection)
                size = latest.size if latest else 0
                note = make_handover(old, new, size, now)
                found = KeyRow(new.verifier.vkey, size, now, note)
                key_store.add_key(connection, found, by)
                body = {"old": old.verifier.vkey, "new": new.verifier.vkey, "handover": note}
                log.append(connection, "log.key_changed", body, now, by)
        put_next(path)
        return Rotated(old.verifier.vkey, found.vkey, found.handover or "")
