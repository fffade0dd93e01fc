"""A witness is asked no more; what it signed stays."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.proof.log import store as log
from fairhand.proof.log import witness_store
from fairhand.storage.database import Database


def end_witness(db: Database, witness_id: int, ended_by: int | None, now: Instant) -> None:
    """End a witness; NotFoundError when there is none of that number."""
    with db.write() as connection:
        if not witness_store.end_witness(connection, witness_id, now):
            raise NotFoundError(f"There is no witness {witness_id} that is asked.")
        log.append(connection, "log.witness_ended", {"witness": witness_id}, now, ended_by)
