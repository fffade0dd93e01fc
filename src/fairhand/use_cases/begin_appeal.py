"""A person opens the form of an appeal: from now on they are paid for writing it."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.pay import store as pay
from fairhand.pay.paid_time.rules import TimeEvent
from fairhand.people.conduct import store
from fairhand.storage.database import Connection, Database


def begin_appeal(
    db: Database, person_id: int, decision_id: int, now: Instant, *, idle_cap_ms: int
) -> None:
    """Hear that somebody writes an appeal; nothing where the decision is not theirs."""
    with db.write() as connection:
        decision = store.load_decision(connection, decision_id)
        if decision is None or decision.person_id != person_id:
            return
        project_id = paying_project(connection, decision)
        if project_id:
            event = TimeEvent(project_id, "appeal", now, idle_cap_ms)
            pay.hear(connection, person_id, None, event, now)


def paying_project(connection: Connection, decision: store.Decision) -> int:
    """Find which project pays for an appeal: the decision's own, else the last one worked in.

    0 where somebody has never worked in any.
    """
    return decision.project_id or store.last_project(connection, decision.person_id)
