"""Disputes that nobody answered in time are upheld in full by themselves; none is ever declined."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.model.system import loaded
from fairhand.pay.disputes import store
from fairhand.pay.disputes.rules import in_silence, is_due
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.decide_dispute import decision_body, settle


def uphold_silent_disputes(db: Database, now: Instant, most: int = 500) -> int:
    """Uphold up to `most` disputes whose time is over; says how many. Safe to run at any time."""
    with db.read() as connection:
        due = store.due_disputes(connection, now, most)
    return sum(_uphold(db, dispute_id, now) for dispute_id in due)


def _uphold(db: Database, dispute_id: int, now: Instant) -> bool:
    """Uphold one in a transaction of its own; False when somebody else was quicker."""
    with db.write() as connection:
        dispute = store.hold_dispute(connection, dispute_id)
        if dispute is None or not is_due(dispute, now):
            return False
        ended = settle(connection, dispute, loaded("pay.silence", in_silence)(dispute), None, now)
        log.append(
            connection,
            "pay.dispute_upheld_by_silence",
            decision_body(ended),
            now,
            ended.person_id,
            ended.project_id,
        )
    return True
