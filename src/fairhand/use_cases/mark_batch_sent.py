"""A manager says that a payout file went to the bank."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.pay.payouts import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class MarkBatchSent:
    """Which batch, by whom; `evidence` as the bank's own number of the order."""

    batch_id: int
    sent_by: int | None
    evidence: str = ""


def mark_batch_sent(db: Database, command: MarkBatchSent, now: Instant) -> bool:
    """Mark a batch and its payouts as sent; False when it was sent already.

    Raises ConflictError for a cancelled batch, NotFoundError when there is none.
    """
    with db.write() as connection:
        store.lock(connection)
        batch = store.load_batch(connection, command.batch_id)
        if batch is None:
            raise NotFoundError(f"There is no batch {command.batch_id}.")
        if batch.state in ("sent", "done"):
            return False
        if batch.state == "cancelled":
            raise ConflictError(
                "This batch was cancelled: its file must not be sent. Make a new one.",
                code="batch_cancelled",
            )
        evidence = command.evidence.strip()[:500]
        for one in store.payouts_of_batch(connection, batch.id):
            store.move(connection, one, "sent", now, by_person=command.sent_by, evidence=evidence)
        store.mark_batch(connection, batch.id, "sent", now)
        body = {"batch": batch.id, "file_sha256": batch.file_sha256, "payouts": batch.payouts}
        log.append(connection, "payout.batch_sent", body, now, command.sent_by)
    return True
