"""SQL of the log's keys: which it signed with, and how one handed over to the next."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from fairhand.core.clock import Instant
from fairhand.proof.log.note import Verifier, parse_vkey
from fairhand.storage.tables.proof import log_key


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key: from which size it signs, and the note by which it was handed over to."""

    vkey: str
    from_size: int
    added_at: Instant
    handover: str | None
    retirement: str | None = None


_KEYS = select(
    log_key.c.vkey,
    log_key.c.from_size,
    log_key.c.added_at,
    log_key.c.handover,
    log_key.c.retirement,
).order_by(log_key.c.id)


def list_keys(connection: Connection) -> list[KeyRow]:
    """List the keys, oldest first; none before the first was handed over."""
    return [KeyRow(*row) for row in connection.execute(_KEYS)]


def list_handovers(connection: Connection) -> list[str]:
    """List the notes by which keys handed over to the next and were retired, oldest first."""
    rows = list_keys(connection)
    notes = [
        note
        for before, row in zip([None, *rows], rows, strict=False)
        for note in (row.handover, None if before is None else before.retirement)
    ]
    return [note for note in notes if note is not None]


def older_keys(connection: Connection, current: Verifier) -> list[Verifier]:
    """List the keys before the one that signs now."""
    known = [parse_vkey(row.vkey) for row in list_keys(connection)]
    return [key for key in known if key != current]


def add_key(connection: Connection, row: KeyRow, person_id: int | None) -> None:
    """Remember a key."""
    values = {
        "vkey": row.vkey,
        "from_size": row.from_size,
        "added_at": row.added_at,
        "added_by": person_id,
        "handover": row.handover,
    }
    connection.execute(log_key.insert(), values)


def retire_key(connection: Connection, vkey: str, note: str) -> None:
    """Remember the note that says that a key signs no more."""
    retired = log_key.update().where(log_key.c.vkey == vkey).values(retirement=note)
    connection.execute(retired)
