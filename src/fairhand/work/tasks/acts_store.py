"""SQL of what an owner does with many tasks at once: set aside, take back, ask more or fewer.

Queue rows are locked in the order of their tasks, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, text

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection
from fairhand.work.holds import IS_CLOSED_STEP, STAYS_HELD_WHEN_BACK

_CHUNK: Final = 500


def _listed(statement: str) -> Any:  # noqa: ANN401  # TextClause
    return text(statement).bindparams(bindparam("ids", expanding=True))


_LOCK = _listed(
    "SELECT task_id FROM queue WHERE project_id = :project_id AND task_id IN :ids "
    "ORDER BY task_id FOR UPDATE"
)
_SET_ASIDE = _listed(
    "UPDATE task SET set_aside_at = :now WHERE project_id = :project_id AND id IN :ids "
    "AND set_aside_at IS NULL RETURNING id"
)
_HOLD = _listed("UPDATE queue SET held = true WHERE task_id IN :ids")
_TAKE_BACK = _listed(
    "UPDATE task SET set_aside_at = NULL WHERE project_id = :project_id AND id IN :ids "
    "AND set_aside_at IS NOT NULL RETURNING id"
)
_FREE = _listed(
    f"UPDATE queue SET held = false WHERE held AND task_id IN :ids AND NOT {STAYS_HELD_WHEN_BACK}"
)
_LOOK_AGAIN = text("UPDATE project SET queue_epoch = queue_epoch + 1 WHERE id = :project_id")
_LOCK_PROJECT = text("SELECT id FROM project WHERE id = :project_id FOR NO KEY UPDATE")
_NEXT_REOPENED = text(
    "UPDATE project SET reopened_seq = reopened_seq + 1 WHERE id = :project_id "
    "RETURNING reopened_seq"
)
_MORE = _listed(
    "UPDATE queue SET wanted = :wanted, reopened = :reopened WHERE project_id = :project_id "
    f"AND task_id IN :ids AND NOT held AND wanted < :wanted AND NOT {IS_CLOSED_STEP} "
    "RETURNING task_id"
)
# Never fewer than have answered or are at it.
_FEWER = _listed(
    "UPDATE queue SET wanted = CASE WHEN taken > :wanted THEN taken ELSE :wanted END "
    "WHERE project_id = :project_id AND task_id IN :ids AND NOT held "
    "AND wanted > :wanted AND wanted > taken RETURNING task_id"
)


def set_aside(
    connection: Connection, project_id: int, task_ids: Sequence[int], now: Instant
) -> list[int]:
    """Take tasks out of the way; gives those that were not aside before."""
    return _each(connection, project_id, task_ids, lambda some: _aside(connection, some, now))


def _aside(connection: Connection, some: dict[str, Any], now: Instant) -> list[int]:
    changed = sorted(connection.execute(_SET_ASIDE, some | {"now": now}).scalars())
    if changed:
        connection.execute(_HOLD, {"ids": changed})
    return changed


def take_back(connection: Connection, project_id: int, task_ids: Sequence[int]) -> list[int]:
    """Put tasks back; one that is held for another reason too stays held for that."""

    def back(some: dict[str, Any]) -> list[int]:
        changed = sorted(connection.execute(_TAKE_BACK, some).scalars())
        if changed:
            connection.execute(_FREE, {"ids": changed})
        return changed

    # The project's row comes before queue rows, for all that write both.
    if connection.dialect.name != "sqlite":
        connection.execute(_LOCK_PROJECT, {"project_id": project_id})
    changed = _each(connection, project_id, task_ids, back)
    if changed:
        connection.execute(_LOOK_AGAIN, {"project_id": project_id})
    return changed


def set_overlap(
    connection: Connection, project_id: int, task_ids: Sequence[int], wanted: int
) -> list[int]:
    """Want so many answers to each; gives the tasks where that changed something."""
    reopened = connection.execute(_NEXT_REOPENED, {"project_id": project_id}).scalar_one()

    def change(some: dict[str, Any]) -> list[int]:
        given = some | {"wanted": wanted}
        more = list(connection.execute(_MORE, given | {"reopened": reopened}).scalars())
        return sorted([*more, *connection.execute(_FEWER, given).scalars()])

    return _each(connection, project_id, task_ids, change)


def _each(
    connection: Connection,
    project_id: int,
    task_ids: Sequence[int],
    act: Any,  # noqa: ANN401  # from some of the ids to those that changed
) -> list[int]:
    ids = sorted(set(task_ids))
    changed: list[int] = []
    for start in range(0, len(ids), _CHUNK):
        some = {"project_id": project_id, "ids": ids[start : start + _CHUNK]}
        if connection.dialect.name != "sqlite":
            connection.execute(_LOCK, some)
        changed += act(some)
    return changed
