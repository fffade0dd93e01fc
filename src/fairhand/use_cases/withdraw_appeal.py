"""A person takes an appeal back; it changes nothing else for them."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.people.conduct import appeal_store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class WithdrawAppeal:
    """Whose appeal, and which."""

    person_id: int
    appeal_id: int


def withdraw_appeal(db: Database, command: WithdrawAppeal, now: Instant) -> bool:
    """End one's own open appeal; False when it was withdrawn before."""
    with db.write() as connection:
        appeal = appeal_store.hold_appeal(connection, command.appeal_id)
        if appeal is None or appeal.person_id != command.person_id:
            raise NotFoundError(f"You have no appeal {command.appeal_id}.")
        if appeal.state == "withdrawn":
            return False
        if not appeal.is_open:
            raise ConflictError("This appeal has been answered.", code="answered")
        appeal_store.end_appeal(connection, appeal.id, "withdrawn", "", {}, now)
        body = {"appeal": appeal.id, "person": appeal.person_id}
        project_id = appeal.project_id or None
        log.append(connection, "conduct.appeal_withdrawn", body, now, appeal.person_id, project_id)
    return True
