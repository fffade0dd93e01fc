"""SQL of tasks that people answered in another tool, before they came here, and nobody since."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, exists, func, select

from fairhand.storage.database import Connection
from fairhand.storage.tables.office import foreign_annotation
from fairhand.storage.tables.work import annotation, gold_answer, queue, task

_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class AnsweredTask:
    """A task with the answers that came with it, as the other tool wrote them."""

    id: int
    data: dict[str, Any]
    media_sha256: str | None
    media_type: str | None
    width: int | None
    height: int | None
    details: dict[str, Any] | None
    answers: list[dict[str, Any]]


_CAME = (foreign_annotation.c.kind == "annotation") & foreign_annotation.c.annotation_id.is_(None)
_WITH_ANSWERS = exists().where(foreign_annotation.c.task_id == task.c.id, _CAME)
_ANSWERED_HERE = exists().where(annotation.c.task_id == task.c.id)
_IS_GOLD = exists().where(gold_answer.c.task_id == task.c.id)
_MINE = (
    task.c.set_aside_at.is_(None)
    & _WITH_ANSWERS
    # A gold task never waits; what people answer to it here is a test of them.
    & (_IS_GOLD | (queue.c.held.is_(False) & ~_ANSWERED_HERE))
)
_TASKS = (
    select(
        task.c.id,
        task.c.data,
        task.c.media_sha256,
        task.c.media_type,
        task.c.width,
        task.c.height,
        task.c.media_details,
    )
    .join_from(task, queue, queue.c.task_id == task.c.id, isouter=True)
    .where(task.c.id > bindparam("after"), task.c.project_id + 0 == bindparam("project_id"), _MINE)
    .order_by(task.c.id)
    .limit(_PAGE)
)
_ANSWERS = (
    select(foreign_annotation.c.task_id, foreign_annotation.c.original)
    .where(foreign_annotation.c.task_id.in_(bindparam("tasks", expanding=True)), _CAME)
    .order_by(foreign_annotation.c.task_id, foreign_annotation.c.id)
)
_FOUND = (
    select(task.c.id)
    .join_from(task, queue, queue.c.task_id == task.c.id, isouter=True)
    .where(task.c.project_id == bindparam("project_id"), _MINE)
)
_ANY = select(
    exists().where(foreign_annotation.c.project_id == bindparam("project_id"), _CAME)
)  # fmt: skip


def count_answered(connection: Connection, project_id: int, most: int | None = None) -> int:
    """Count the tasks that were answered elsewhere alone, no further than to `most`."""
    if not connection.execute(_ANY, {"project_id": project_id}).scalar_one():
        return 0  # as of most projects
    found = _FOUND.limit(most).subquery()
    counted = select(func.count()).select_from(found)
    return int(connection.execute(counted, {"project_id": project_id}).scalar_one())


def iter_answered(connection: Connection, project_id: int) -> Iterator[AnsweredTask]:
    """Stream them in the order of their ids, a page in memory."""
    after = 0
    while True:
        found = connection.execute(_TASKS, {"after": after, "project_id": project_id}).all()
        if not found:
            return
        after = found[-1].id
        said: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for answer in connection.execute(_ANSWERS, {"tasks": [one.id for one in found]}):
            said[answer.task_id].append(json.loads(answer.original))
        for row in found:
            details = None if row.media_details is None else orjson.loads(row.media_details)
            yield AnsweredTask(
                row.id,
                orjson.loads(row.data),
                row.media_sha256,
                row.media_type,
                row.width,
                row.height,
                details,
                said[row.id],
            )
