"""A member of the council gives the seat back."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.people.council import election_store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


def leave_council(db: Database, person_id: int, now: Instant) -> None:
    """Leave one's seat at once; no reason is asked. Raises ConflictError without a seat."""
    with db.write() as connection:
        if not election_store.leave_seat(connection, person_id, now):
            raise ConflictError("You do not sit on the council.", code="no_seat")
        log.append(connection, "council.left", {"person": person_id}, now, person_id)
