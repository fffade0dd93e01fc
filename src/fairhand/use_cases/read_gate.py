"""What the opening gate still misses, for the owner to see before asking."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.storage.database import Database
from fairhand.use_cases.open_project import gate_facts
from fairhand.work.projects.rules import check_gate


def read_gate(db: Database, project_id: int, now: Instant) -> list[Issue]:
    """List what stands between a project and paid work in the open; empty when it may open."""
    with db.read() as connection:
        return check_gate(gate_facts(connection, project_id, now))
