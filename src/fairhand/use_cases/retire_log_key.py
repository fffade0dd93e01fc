"""The log's old key signs no more, and is deleted: the new one says so in a note."""

from __future__ import annotations

from pathlib import Path

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.proof.log import key_store
from fairhand.proof.log import store as log
from fairhand.proof.log.keys import changing, delete_previous, load_previous, load_signer
from fairhand.proof.log.note import NoteError, Signer, open_note
from fairhand.proof.log.rotation import make_retirement
from fairhand.storage.database import Connection, Database


def retire_log_key(db: Database, path: Path, by: int | None, now: Instant) -> str:
    """Delete the key before the one in `path`, and give its public half; ConflictError if none."""
    with changing(path):
        old = load_previous(path).verifier
        signer = load_signer(path)
        with db.write() as connection:
            _check_new_signs(connection, signer)
            if not _is_retired(connection, old.vkey):  # broken off after this, it is not said twice
                latest = log.latest_checkpoint(connection)
                note = make_retirement(old, signer, latest.size if latest else 0, now)
                key_store.retire_key(connection, old.vkey, note)
                body = {"old": old.vkey, "retirement": note}
                log.append(connection, "log.key_retired", body, now, by)
        delete_previous(path)
        return old.vkey


def _is_retired(connection: Connection, vkey: str) -> bool:
    rows = key_store.list_keys(connection)
    return any(row.vkey == vkey and row.retirement is not None for row in rows)


def _check_new_signs(connection: Connection, signer: Signer) -> None:
    """Refuse while the newest checkpoint lacks the new key: a server still holds the old one."""
    latest = log.latest_checkpoint(connection)
    if latest is None:
        return
    try:
        open_note(latest.note, [signer.verifier])
    except NoteError:
        raise ConflictError(
            "The newest checkpoint is not signed by the new key yet. Restart the server, so that "
            "it takes the new key up, and try again in a minute.",
            code="old_key_in_use",
        ) from None
