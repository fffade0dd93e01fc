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


_KEYS = select(
    log_key.c.vkey, log_key.c.from_size, log_key.c.added_at, log_key.c.handover
).order_by(log_key.c.id)


def list_keys(connection: Connection) -> list[KeyRow]:
    """List the keys, oldest first; none before the first was handed over."""
    return [KeyRow(*row) for row in connection.execute(_KEYS)]


def list_handovers(connection: Connection) -> list[str]:
    """List the notes by which one key handed over to the next, oldest first."""
    return [row.handover for row in list_keys(connection) if row.handover is not None]


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
