"""The administrator at the machine makes a new one-time link for an account."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.accounts import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


def renew_link(db: Database, person_id: int, now: Instant, *, hours: int) -> str:
    """Make a sign-in link and return its secret; earlier links stay valid until they expire."""
    with db.write() as connection:
        found = store.load_person(connection, person_id)
        if found is None or found.state != "active":
            raise NotFoundError(f"There is no person {person_id}.")
        secret = store.create_link(connection, person_id, now, hours)
        log.append(connection, "person.link_made", {"person": person_id}, now, person_id)
    return secret
