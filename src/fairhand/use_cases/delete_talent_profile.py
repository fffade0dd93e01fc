"""A person takes everything back that they said of themselves."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.people.talent import profile_store as store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


def delete_talent_profile(db: Database, person_id: int, now: Instant) -> None:
    """Forget a profile at once; skills that were shown and credentials stay. Safe to repeat."""
    with db.write() as connection:
        if store.delete_profile(connection, person_id):
            log.append(connection, "talent.profile_deleted", {}, now, person_id)
