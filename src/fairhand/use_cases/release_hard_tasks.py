"""Somebody takes a tier back: what they hold of it leaves their hands at once; a part of that.

What stands on their screen may still be answered or skipped, and is paid.
"""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.people.wellbeing import store as wellbeing
from fairhand.storage.database import Connection
from fairhand.work.assignment import hard_store
from fairhand.work.assignment import store as queue


def release_hard_tasks(connection: Connection, person_id: int, tier: int, now: Instant) -> int:
    """Give back a person's tasks above a tier, with their reserved doses; says how many."""
    freed = [
        lease
        for lease in hard_store.list_above(connection, person_id, tier)
        if queue.end_lease(connection, lease, "expired", now)
    ]
    queue.give_back(connection, freed)
    wellbeing.release(connection, [(lease.person_id, lease.task_id) for lease in freed])
    return len(freed)
