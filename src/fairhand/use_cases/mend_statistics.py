"""After a gold task was overturned everything is learned anew without it.

A tick that tells the stories aggregate_labels and refit_quality, and logs nothing of its own.
"""

from __future__ import annotations

from fairhand.core.clock import Clock
from fairhand.storage.database import Database
from fairhand.use_cases.settle_quality import settle_quality
from fairhand.work.gold.quarantine import stale_projects


def mend_statistics(db: Database, clock: Clock) -> int:
    """Learn every project anew that still knows an overturned gold task; says how many."""
    with db.read() as connection:
        stale = stale_projects(connection)
    for project_id in stale:
        settle_quality(db, project_id, clock)
    return len(stale)
