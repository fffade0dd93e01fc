"""A manager takes back a payout file that was not sent: its money is payable again."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.pay.payouts import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class CancelPayoutBatch:
    """Which batch, by whom and why."""

    batch_id: int
    cancelled_by: int | None
    reason: str = ""


def cancel_payout_batch(db: Database, command: CancelPayoutBatch, now: Instant) -> bool:
    """Cancel a batch that was not sent; False when it was cancelled already.

    Raises ConflictError once it was sent: then only the bank's answer ends its payouts.
    """
    with db.write() as connection:
        store.lock(connection)
        batch = store.load_batch(connection, command.batch_id)
        if batch is None:
            raise NotFoundError(f"There is no batch {command.batch_id}.")
        if batch.state == "cancelled":
            return False
        if batch.state != "made":
            raise ConflictError(
                "This batch was sent: it cannot be cancelled. Confirm or return its payouts by "
                "what the bank answers.",
                code="batch_sent",
            )
        reason = command.reason.strip()[:500]
        for one in store.payouts_of_batch(connection, batch.id):
            store.move(
                connection, one, "cancelled", now, by_person=command.cancelled_by, reason=reason
            )
        store.mark_batch(connection, batch.id, "cancelled", now)
        body = {"batch": batch.id, "file_sha256": batch.file_sha256, "reason": reason}
        log.append(connection, "payout.batch_cancelled", body, now, command.cancelled_by)
    return True
