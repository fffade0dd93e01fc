"""A suspension whose time is over ends by itself: the person works on as before."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.people.conduct import store, words
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.repair_decision import Why, repair_decision


def lift_suspensions(db: Database, now: Instant) -> int:
    """Lift every suspension that is over; says how many. Safe to run at any time."""
    with db.read() as connection:
        over = store.list_over(connection, now)
    for one in over:
        with db.write() as connection:
            why = Why(words.SUSPENSION_OVER, None, is_wrong=False)
            done = repair_decision(connection, one, why, now)
            body = {"decision": one.id, "person": one.person_id, **done}
            body |= store.decided(connection, one.project_id, now)
            project_id = one.project_id or None
            log.append(connection, "conduct.lifted", body, now, one.person_id, project_id)
    return len(over)
