"""SQL of what is left of a project's queue; gold tasks are none of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, text

from fairhand.storage.database import Connection

_GROUPS = text(
    "SELECT count(*), taken, wanted FROM queue WHERE project_id = :project_id AND NOT held "
    "GROUP BY taken, wanted ORDER BY taken, wanted"
)
_FREE = text(
    "SELECT p.id, (SELECT count(*) FROM (SELECT 1 FROM queue AS q WHERE q.project_id = p.id "
    "AND q.taken < q.wanted AND NOT q.held LIMIT :most) AS few) "
    "FROM project AS p WHERE p.id IN :projects"
).bindparams(bindparam("projects", expanding=True))


def count_groups(connection: Connection, project_id: int) -> list[tuple[int, int, int]]:
    """Count tasks by (answers taken, answers wanted): (tasks, taken, wanted), smallest first.

    A task that somebody holds just now counts as taken.
    """
    found = connection.execute(_GROUPS, {"project_id": project_id})
    return [(int(tasks), int(taken), int(wanted)) for tasks, taken, wanted in found]


def count_free(connection: Connection, project_ids: Sequence[int], most: int) -> dict[int, int]:
    """Count the tasks of each project that want an answer, as far as `most`, in one query."""
    if not project_ids:
        return {}
    params = {"projects": list(project_ids), "most": most}
    return {int(row[0]): int(row[1]) for row in connection.execute(_FREE, params)}
