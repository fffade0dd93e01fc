"""SQL of the clock on the task page, and of learning: paid time since an instant."""

from __future__ import annotations

from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection

_SINCE = text(
    "SELECT coalesce((SELECT sum(paid_ms) FROM accrual "
    "WHERE person_id = :person_id AND ended_at >= :since), 0) "
    "+ coalesce((SELECT pending_ms FROM person_clock "
    "WHERE person_id = :person_id AND last_at >= :since), 0)"
)


def paid_ms_since(connection: Connection, person_id: int, since: Instant) -> int:
    """Count a person's paid milliseconds since an instant, pending ones among them."""
    found = connection.execute(_SINCE, {"person_id": person_id, "since": since})
    return int(found.scalar_one())


_LEARNING = text(
    "SELECT coalesce((SELECT sum(paid_ms) FROM accrual WHERE person_id = :person_id "
    "AND project_id = :project_id AND activity IN ('train', 'qualify') "
    "AND ended_at >= :since), 0) "
    "+ coalesce((SELECT pending_ms FROM person_clock WHERE person_id = :person_id "
    "AND project_id = :project_id AND activity IN ('train', 'qualify') "
    "AND last_at >= :since), 0)"
)


def learning_ms_since(
    connection: Connection, person_id: int, project_id: int, since: Instant
) -> int:
    """Count what a person was paid for learning and exams in a project, pending time included."""
    found = {"person_id": person_id, "project_id": project_id, "since": since}
    return int(connection.execute(_LEARNING, found).scalar_one())
