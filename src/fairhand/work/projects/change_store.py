"""SQL of carrying answers through a change of labels: how far it came, and what is met on the way.

How far it came is kept with the change, in the row of its version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import bindparam, select, text, update

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection
from fairhand.storage.tables.work import project_version

_RUNNING = (
    select(project_version.c.version, project_version.c.changes, project_version.c.created_at)
    .where(
        project_version.c.project_id == bindparam("project_id"),
        project_version.c.changes.like('%"is_running":true%'),
    )
    .order_by(project_version.c.version)
    .limit(1)
)
_PROJECTS = (
    select(project_version.c.project_id)
    .where(project_version.c.changes.like('%"is_running":true%'))
    .distinct()
)
_NEXT = text(
    "SELECT id FROM task WHERE project_id = :project_id AND id > :after ORDER BY id LIMIT :most"
)
_TASKS = text("SELECT count(*) FROM task WHERE project_id = :project_id")
_BEFORE = text(
    "SELECT task_id, project_version, value FROM annotation WHERE task_id IN :ids AND counted "
    "AND NOT superseded AND project_version < :version ORDER BY task_id, id"
).bindparams(bindparam("ids", expanding=True))
_PROPOSED = text(
    "SELECT id, value FROM prediction WHERE task_id IN :ids AND created_at <= :at ORDER BY id"
).bindparams(bindparam("ids", expanding=True))
_CHANGE_PROPOSED = text("UPDATE prediction SET value = :value WHERE id = :id")
_NEWEST_REVIEW = text("SELECT coalesce(max(id), 0) FROM review WHERE project_id = :project_id")


@dataclass(frozen=True, slots=True)
class Carrying:
    """How far a change came: `done` of `tasks`, and what it did to answers; `change` is its own."""

    version: int
    change: Mapping[str, Any]
    created_at: Instant
    after: int
    done: int
    tasks: int
    mapped: int
    lost: int
    asked: int
    is_running: bool

    def further(
        self, tasks: Sequence[int], at_once: int, *, mapped: int, lost: int, asked: int
    ) -> Carrying:
        """Note a piece; the last is the one that found fewer tasks than it could take."""
        done = self.done + len(tasks)
        return replace(
            self,
            after=tasks[-1] if tasks else self.after,
            done=done,
            tasks=max(done, self.tasks),
            mapped=self.mapped + mapped,
            lost=self.lost + lost,
            asked=self.asked + asked,
            is_running=len(tasks) >= at_once,
        )


def begin_carrying(connection: Connection, project_id: int) -> dict[str, Any]:
    """Give what is kept with a change before anything is carried."""
    asked = {"project_id": project_id}
    return {
        "reviews_to": connection.execute(_NEWEST_REVIEW, asked).scalar_one(),
        "after": 0,
        "done": 0,
        "tasks": connection.execute(_TASKS, asked).scalar_one(),
        "mapped": 0,
        "lost": 0,
        "asked": 0,
        "is_running": True,
    }


def load_carrying(connection: Connection, project_id: int) -> Carrying | None:
    """Load the change of a project that is under way, if one is."""
    row = connection.execute(_RUNNING, {"project_id": project_id}).first()
    if row is None:
        return None
    kept = orjson.loads(row.changes)
    names = ("after", "done", "tasks", "mapped", "lost", "asked", "is_running")
    return Carrying(row.version, kept, row.created_at, **{name: kept[name] for name in names})


def save_carrying(connection: Connection, project_id: int, carried: Carrying) -> None:
    """Keep how far a change came."""
    kept = {
        **carried.change,
        "after": carried.after,
        "done": carried.done,
        "tasks": carried.tasks,
        "mapped": carried.mapped,
        "lost": carried.lost,
        "asked": carried.asked,
        "is_running": carried.is_running,
    }
    chosen = update(project_version).where(
        project_version.c.project_id == project_id, project_version.c.version == carried.version
    )
    connection.execute(chosen.values(changes=orjson.dumps(kept).decode()))


def list_carrying(connection: Connection) -> list[int]:
    """List the projects where a change is under way."""
    return sorted(connection.execute(_PROJECTS).scalars())


def next_tasks(connection: Connection, project_id: int, after: int, most: int) -> list[int]:
    """List the next tasks of a project by their numbers."""
    asked = {"project_id": project_id, "after": after, "most": most}
    return list(connection.execute(_NEXT, asked).scalars())


def list_before(
    connection: Connection, tasks: Sequence[int], version: int
) -> list[tuple[int, int, dict[str, Any]]]:
    """List (task, version, answers) of what counts and was given before a version."""
    found = connection.execute(_BEFORE, {"ids": list(tasks), "version": version})
    return [(row.task_id, row.project_version, orjson.loads(row.value)) for row in found]


def list_proposed(
    connection: Connection, tasks: Sequence[int], at: Instant
) -> list[tuple[int, dict[str, Any]]]:
    """List (prediction, value) of what models proposed for these tasks up to a moment."""
    found = connection.execute(_PROPOSED, {"ids": list(tasks), "at": at})
    return [(row.id, orjson.loads(row.value)) for row in found]


def change_proposed(connection: Connection, changed: Mapping[int, Mapping[str, Any]]) -> None:
    """Say proposals anew, by their numbers."""
    rows = [
        {"id": number, "value": orjson.dumps(value).decode()}
        for number, value in sorted(changed.items())
    ]
    if rows:
        connection.execute(_CHANGE_PROPOSED, rows)
