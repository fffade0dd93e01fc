"""The log's old key signs no more, and is deleted."""

from __future__ import annotations

from pathlib import Path

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.proof.log import store as log
from fairhand.proof.log.keys import changing, delete_previous, load_previous, load_signer
from fairhand.proof.log.note import NoteError, Signer, open_note
from fairhand.storage.database import Connection, Database


def retire_log_key(db: Database, path: Path, by: int | None, now: Instant) -> str:
    """Delete the key before the one in `path`, and give its public half; ConflictError if none."""
    with changing(path):
        old = load_previous(path).verifier.vkey
        signer = load_signer(path)
        with db.write() as connection:
            _check_new_signs(connection, signer)
            log.append(connection, "log.key_retired", {"old": old}, now, by)
        delete_previous(path)
        return old


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
