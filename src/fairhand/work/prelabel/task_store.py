"""SQL of tasks as models see them: their data, and where their files lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select, text

from fairhand.core.chunks import chunks
from fairhand.storage.database import Connection
from fairhand.storage.tables.work import task

_CHUNK = 500
_TASKS = select(
    task.c.id,
    task.c.data,
    task.c.media_sha256,
    task.c.media_type,
    task.c.width,
    task.c.height,
    task.c.media_details,
).where(task.c.id.in_(bindparam("ids", expanding=True)))
_FIRST = text("SELECT id FROM task WHERE project_id = :project_id ORDER BY id LIMIT 1")


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task's data and file."""

    id: int
    data: dict[str, Any]
    media_sha256: str | None
    media_type: str | None
    width: int | None
    height: int | None
    duration_ms: int | None = None


def load_tasks(connection: Connection, task_ids: Iterable[int]) -> list[TaskRow]:
    """Load tasks in the order of their numbers asked for; those that are not there are left out."""
    wanted = list(task_ids)
    found: dict[int, TaskRow] = {}
    for some in chunks(wanted, _CHUNK):
        for row in connection.execute(_TASKS, {"ids": some}):
            length = orjson.loads(row.media_details or "{}").get("duration_ms")
            found[row.id] = TaskRow(row.id, orjson.loads(row.data), *row[2:6], length)
    return [found[task_id] for task_id in wanted if task_id in found]


def first_task(connection: Connection, project_id: int) -> int | None:
    """Find a project's first task, as a sample of what its data are like."""
    return connection.execute(_FIRST, {"project_id": project_id}).scalar_one_or_none()
