"""Seal the log: give every committed event its leaf, sign the new root. Runs off the request path.

This story appends no event of its own: a log that logs its sealing would never be sealed.
"""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.proof.log import store
from fairhand.proof.log.note import Signer
from fairhand.storage.database import Database


def seal_log(
    db: Database, signer: Signer, now: Instant, step_size: int = store.SEAL_LIMIT
) -> store.SealResult:
    """Seal everything that waits, in transactions short enough for others to get in between."""
    sealed = 0
    while True:
        with db.write() as connection:
            step = store.seal(connection, signer, now, step_size)
        sealed += step.sealed
        if step.sealed < step_size:
            return store.SealResult(sealed, step.size, step.note)
