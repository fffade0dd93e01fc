"""SQL of gold tasks that were overturned: no hand-out finds them, no statistic counts them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, text

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.conduct import gold_quarantine

_CHUNK = 500
_NO_LONGER_KNOWN = text("DELETE FROM gold_answer WHERE task_id = :task_id")
# What is kept of an answer says that it filled no place; the log says what it was told before.
_NOT_COUNTED = text(
    "UPDATE annotation SET counted = false, aggregated = true WHERE task_id = :task_id AND counted"
)
_ENDED = text(
    "UPDATE lease SET state = 'expired', ended_at = :now "
    "WHERE task_id = :task_id AND state = 'live'"
)
_ASKED_NO_MORE = text(
    "UPDATE queue SET held = true, taken = 0, wanted = 0, reopened = 0 WHERE task_id = :task_id"
)
_AMONG = text("SELECT task_id FROM gold_quarantine WHERE task_id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
# Projects whose statistics were learned before something was overturned.
_STALE = text(
    "SELECT DISTINCT q.project_id FROM gold_quarantine AS q "
    "JOIN aggregation AS a ON a.project_id = q.project_id "
    "WHERE a.fitted_at IS NULL OR a.fitted_at <= q.at ORDER BY q.project_id"
)

_ALSO = text(
    "SELECT (SELECT count(DISTINCT person_id) FROM decision WHERE client_key LIKE :prefix), "
    "(SELECT count(DISTINCT person_id) FROM annotation WHERE task_id = :task_id "
    "AND NOT simulated)"
)


def add(
    connection: Connection,
    project_id: int,
    task_id: int,
    appeal_id: int | None,
    reason: str,
    now: Instant,
) -> bool:
    """Keep that a gold task was overturned; False when it had been before."""
    row = {
        "task_id": task_id,
        "project_id": project_id,
        "appeal_id": appeal_id,
        "reason": reason,
        "at": now,
    }
    adding = insert(connection, gold_quarantine).values(row).on_conflict_do_nothing()
    kept = connection.execute(adding.returning(gold_quarantine.c.task_id))
    return kept.scalar_one_or_none() is not None


def take_out(connection: Connection, task_id: int, now: Instant) -> int:
    """Take a task out of the queue and its answers out of what counts; says how many they are."""
    found = {"task_id": task_id}
    connection.execute(_NO_LONGER_KNOWN, found)
    connection.execute(_ENDED, {**found, "now": now})
    connection.execute(_ASKED_NO_MORE, found)
    return connection.execute(_NOT_COUNTED, found).rowcount


def overturned(connection: Connection, task_ids: Iterable[int]) -> set[int]:
    """Find those of these tasks whose known answer was overturned."""
    ids = sorted(set(task_ids))
    return {
        int(found)
        for start in range(0, len(ids), _CHUNK)
        for found in connection.execute(_AMONG, {"ids": ids[start : start + _CHUNK]}).scalars()
    }


def stale_projects(connection: Connection) -> list[int]:
    """List projects whose statistics still know what was overturned."""
    return list(connection.execute(_STALE).scalars())


def also_missed(connection: Connection, task_id: int) -> tuple[int, int]:
    """Count who was told that they missed a gold task, of all who answered it."""
    row = connection.execute(_ALSO, {"task_id": task_id, "prefix": f"gold:{task_id}:%"}).one()
    return int(row[0]), int(row[1])
