"""Before a release: what waits is aggregated, and everything is learned anew.

It tells two stories and logs nothing of its own.
"""

from __future__ import annotations

from fairhand.core.clock import Clock
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.refit_quality import refit_quality


def settle_quality(db: Database, project_id: int, clock: Clock) -> None:
    """Bring a project's consensus up to its last answer; doing it again changes nothing."""
    while aggregate_labels(db, project_id, clock()).more:
        pass
    refit_quality(db, project_id, clock())
