"""Leases that lapsed go back to the queue; the person's draft stays, and they may come back.

A dose that was reserved and never revealed no longer counts.
"""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.people.wellbeing import store as wellbeing
from fairhand.storage.database import Database
from fairhand.work.assignment import store as queue


def reap_leases(db: Database, now: Instant, limit: int = 500) -> int:
    """Free the places of up to `limit` lapsed leases; return how many."""
    with db.write() as connection:
        freed = [
            lease
            for lease in queue.list_overdue(connection, now, limit)
            if queue.end_lease(connection, lease, "expired", now)
        ]
        queue.give_back(connection, freed)
        wellbeing.release(connection, [(lease.person_id, lease.task_id) for lease in freed])
    return len(freed)
