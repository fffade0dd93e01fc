"""A person takes a dispute back; it changes nothing else for them."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.pay.disputes import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class WithdrawDispute:
    """Whose dispute, and which."""

    person_id: int
    dispute_id: int


def withdraw_dispute(db: Database, command: WithdrawDispute, now: Instant) -> bool:
    """End one's own open dispute; False when it was withdrawn before."""
    with db.write() as connection:
        dispute = store.hold_dispute(connection, command.dispute_id)
        if dispute is None or dispute.person_id != command.person_id:
            raise NotFoundError(f"You have no dispute {command.dispute_id}.")
        if dispute.state == "withdrawn":
            return False
        if not dispute.is_open:
            raise ConflictError("This dispute has been answered.", code="answered")
        store.end_dispute(connection, dispute, "withdrawn", None, None, "", None, now)
        body = {"dispute": dispute.id, "person": dispute.person_id}
        log.append(
            connection, "pay.dispute_withdrawn", body, now, dispute.person_id, dispute.project_id
        )
    return True
