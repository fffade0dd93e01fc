"""A step to more responsibility is open to nobody new; whoever holds it keeps it and its pay."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.talent import career_store as store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


def end_career_step(db: Database, step_id: int, ended_by: int, now: Instant) -> None:
    """End a step; raises NotFoundError when it does not hold."""
    with db.write() as connection:
        if not store.end_step(connection, step_id, now):
            raise NotFoundError(f"There is no step {step_id} that holds now.")
        log.append(connection, "career.step_ended", {"step": step_id}, now, ended_by)
