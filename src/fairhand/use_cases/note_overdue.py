"""Notices and requests to unlearn that nobody settled in time are marked overdue."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.proof.licensing import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


def note_overdue(db: Database, now: Instant) -> tuple[int, int]:
    """Mark what is overdue; gives how many notices and how many requests to unlearn."""
    with db.write() as connection:
        notices, models = store.mark_overdue(connection, now)
        if notices or models:
            body = {"notices": notices, "unlearning": models}
            log.append(connection, "licence.overdue", body, now, None, None)
    return notices, models
