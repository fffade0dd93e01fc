"""A person opens the form of a dispute: from now on they are paid for writing it."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.pay import store as pay
from fairhand.pay.disputes import store
from fairhand.pay.paid_time.rules import TimeEvent
from fairhand.storage.database import Database


def begin_dispute(
    db: Database, person_id: int, project_id: int, now: Instant, *, idle_cap_ms: int
) -> None:
    """Hear that somebody writes about their pay in a project; nothing where there is none."""
    with db.write() as connection:
        if store.load_project_pay(connection, project_id) is None:
            return
        event = TimeEvent(project_id, "appeal", now, idle_cap_ms)
        pay.hear(connection, person_id, None, event, now)
