"""SQL that keeps tasks from people whose file somebody gave and took back."""

from __future__ import annotations

from sqlalchemy import text

from fairhand.storage.database import Connection

_HOLD = text(
    "UPDATE queue SET held = true WHERE NOT held AND task_id IN ("
    "SELECT t.id FROM task t JOIN contribution c ON c.open_sha256 = t.media_sha256 "
    "WHERE c.grant_id = :grant_id AND c.given_at <= t.created_at "
    "AND c.state IN ('withdrawn', 'erased'))"
)
_HOLD_SOME = text(
    "UPDATE queue SET held = true WHERE NOT held AND task_id IN ("
    "SELECT t.id FROM task t JOIN contribution c ON c.open_sha256 = t.media_sha256 "
    "WHERE c.person_id = :person_id AND c.given_at <= t.created_at "
    "AND c.state IN ('withdrawn', 'erased'))"
)


def hold_grant(connection: Connection, grant_id: int) -> int:
    """Hold every task whose file came under a grant and was taken back; gives how many."""
    return connection.execute(_HOLD, {"grant_id": grant_id}).rowcount


def hold_person(connection: Connection, person_id: int) -> int:
    """Hold every task whose file somebody gave and took back; gives how many."""
    return connection.execute(_HOLD_SOME, {"person_id": person_id}).rowcount
