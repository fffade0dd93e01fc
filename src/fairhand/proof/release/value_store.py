"""SQL of value studies: the sealed test set, what was measured, and each task's value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, func, insert, select, update

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.storage.tables.proof import task_value, value_study

_MEASURED = ("measured", "opened")


@dataclass(frozen=True, slots=True)
class Study:
    """A value study; `result` holds the sealed set, and what was measured once it was."""

    id: int
    project_id: int
    release_id: int
    question: str
    state: str
    test_sha256: str
    test_tasks: int
    committed_at: Instant
    committed_event: int | None
    measured_at: Instant | None
    opened_at: Instant | None
    result: dict[str, Any]


_CHOSEN = select(*(value_study.c[name] for name in Study.__dataclass_fields__))


def add_study(
    connection: Connection,
    *,
    project_id: int,
    release_id: int,
    question: str,
    test_sha256: str,
    test_tasks: int,
    sealed: Mapping[str, Any],
    asked_by: int | None,
    now: Instant,
) -> int:
    """Keep a sealed test set; give the number of its study."""
    row = {
        "project_id": project_id,
        "release_id": release_id,
        "question": question,
        "state": "sealed",
        "test_sha256": test_sha256,
        "test_tasks": test_tasks,
        "committed_at": now,
        "asked_by": asked_by,
        "result": orjson.dumps({"sealed": dict(sealed)}).decode(),
    }
    made = insert(value_study).values(row).returning(value_study.c.id)
    return int(connection.execute(made).scalar_one())


def set_event(connection: Connection, study_id: int, event_id: int) -> None:
    """Remember the line of the log that committed the test set."""
    _set(connection, study_id, committed_event=event_id)


def set_measured(
    connection: Connection,
    study_id: int,
    result: Mapping[str, Any],
    values: Mapping[int, tuple[int, int]],
    now: Instant,
) -> None:
    """Keep what was measured: `values` maps a task to the task it stands for and its nano."""
    for some in chunks(sorted(values.items()), 5_000):
        rows = [
            {"study_id": study_id, "task_id": task_id, "stands_for": leader, "value_nano": nano}
            for task_id, (leader, nano) in some
        ]
        connection.execute(insert(task_value), rows)
    text = orjson.dumps(dict(result)).decode()
    _set(connection, study_id, state="measured", measured_at=now, result=text)


def set_opened(connection: Connection, study_id: int, now: Instant) -> None:
    """Let anybody see the test set from now on."""
    _set(connection, study_id, state="opened", opened_at=now)


def load_study(connection: Connection, study_id: int) -> Study | None:
    """Load one study."""
    row = connection.execute(_CHOSEN.where(value_study.c.id == study_id)).one_or_none()
    return None if row is None else _study(row)


def list_studies(connection: Connection, project_id: int) -> list[Study]:
    """List a project's studies, newest first."""
    chosen = _CHOSEN.where(value_study.c.project_id == project_id)
    return [_study(row) for row in connection.execute(chosen.order_by(value_study.c.id.desc()))]


def list_of_release(connection: Connection, release_id: int) -> list[Study]:
    """List a release's studies, newest first."""
    chosen = _CHOSEN.where(value_study.c.release_id == release_id)
    return [_study(row) for row in connection.execute(chosen.order_by(value_study.c.id.desc()))]


def load_values(connection: Connection, study_id: int) -> dict[int, tuple[int, int]]:
    """Load each task's leader and value in nano."""
    chosen = select(task_value.c.task_id, task_value.c.stands_for, task_value.c.value_nano)
    rows = connection.execute(chosen.where(task_value.c.study_id == study_id))
    return {task_id: (leader, nano) for task_id, leader, nano in rows}


def lowest_tasks(connection: Connection, study_id: int, most: int) -> list[tuple[int, int]]:
    """List the tasks that misled the model most: task and value in nano, the lowest first."""
    chosen = (
        select(task_value.c.task_id, task_value.c.value_nano)
        .where(task_value.c.study_id == study_id, task_value.c.value_nano < 0)
        .order_by(task_value.c.value_nano, task_value.c.task_id)
        .limit(most)
    )
    return [(task_id, nano) for task_id, nano in connection.execute(chosen)]


def values_of_release(connection: Connection, release_id: int) -> dict[int, int]:
    """What each task of a release was worth by its newest measured study; empty without one.

    A task of the test set could not be measured: it counts as the mean of the others, so that
    nobody loses by being drawn. Below zero is left as it is; shares of people begin at none.
    """
    newest = connection.execute(
        select(func.max(value_study.c.id)).where(
            value_study.c.release_id == release_id, value_study.c.state.in_(_MEASURED)
        )
    ).scalar()
    study = None if newest is None else load_study(connection, newest)
    if study is None:
        return {}
    found = {task: nano for task, (_, nano) in load_values(connection, study.id).items()}
    mean = max(0, sum(found.values()) // max(1, len(found)))
    return found | {int(task): mean for task in study.result["sealed"]["tasks"]}


def _set(connection: Connection, study_id: int, **values: Any) -> None:  # noqa: ANN401  # columns
    connection.execute(update(value_study).where(value_study.c.id == study_id).values(**values))


def _study(row: Any) -> Study:  # noqa: ANN401  # a row of the statement above
    fields = dict(row._mapping)
    return Study(**fields | {"result": orjson.loads(row.result) if row.result else {}})
