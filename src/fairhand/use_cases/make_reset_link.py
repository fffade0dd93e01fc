"""The administrator makes a link that sets a new password, where there is no mail."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.people.accounts import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


def make_reset_link(db: Database, person_id: int, now: Instant, *, hours: int) -> str:
    """Make the secret of a link; it is shown once."""
    with db.write() as connection:
        secret = store.create_reset(connection, person_id, now, hours)
        log.append(connection, "person.reset_asked", {"person": person_id}, now, person_id)
    return secret
