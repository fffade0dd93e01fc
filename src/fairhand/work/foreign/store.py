"""SQL of what other tools said: kept beside our own rows and never changed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import ColumnElement, func, select

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.model.foreign import (
    ForeignProject,
    GivenAnswer,
    KeptAnswer,
    MadePrediction,
    PassedOn,
    WholeTask,
)
from fairhand.model.task import Foreign, NewTask
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.office import foreign_annotation, foreign_project, foreign_task
from fairhand.storage.tables.work import annotation, lease, prediction, project, task

_AT_ONCE = 500
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a project holds, as lists of projects show it."""

    tasks: int
    annotations: int
    predictions: int
    tasks_done: int


def keep_project(
    connection: Connection,
    project_id: int,
    source: str,
    config: str,
    details: Mapping[str, Any],
    now: Instant,
) -> None:
    """Keep a project's configuration as it came, in place of the one before."""
    statement = insert(connection, foreign_project).values(
        project_id=project_id,
        source=source,
        config=config,
        details=_written(details),
        changed_at=now,
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["project_id"],
            set_={name: statement.excluded[name] for name in ("config", "details", "changed_at")},
        )
    )


def load_project(connection: Connection, project_id: int) -> ForeignProject | None:
    """Load what another tool said of a project; None for projects of our own."""
    row = connection.execute(
        select(foreign_project).where(foreign_project.c.project_id == project_id)
    ).one_or_none()
    if row is None:
        return None
    return ForeignProject(row.project_id, row.source, row.config, orjson.loads(row.details))


def keep_tasks(
    connection: Connection,
    project_id: int,
    tasks: Sequence[NewTask],
    ids: Mapping[str, int],
    now: Instant,
) -> None:
    """Keep what another tool said of tasks; of a task that is known already nothing is added."""
    said = {
        ids[one.fingerprint]: one.foreign
        for one in tasks
        if one.foreign is not None and one.fingerprint in ids
    }
    if not said:
        return
    rows = [
        {
            "task_id": task_id,
            "project_id": project_id,
            "source": one.source,
            "details": _written(one.details),
        }
        for task_id, one in said.items()
    ]
    statement = insert(connection, foreign_task).on_conflict_do_nothing()
    made = connection.execute(statement.returning(foreign_task.c.task_id), rows)
    new = set(made.scalars())
    predicted = _predictions_of(connection, sorted(new))
    values = {
        ids[one.fingerprint]: {p.answer: (p.model, _written(p.value)) for p in one.predictions}
        for one in tasks
        if one.fingerprint in ids
    }
    answers: list[dict[str, Any]] = []
    for task_id, foreign in said.items():
        if task_id in new:
            answers += _answers(project_id, task_id, foreign, values[task_id], predicted, now)
    if answers:
        connection.execute(foreign_annotation.insert(), answers)


def _answers(
    project_id: int,
    task_id: int,
    foreign: Foreign,
    values: Mapping[int | None, tuple[str, str]],
    predicted: Mapping[tuple[int, str, str], list[int]],
    now: Instant,
) -> Iterable[dict[str, Any]]:
    for place, answer in enumerate(foreign.answers):
        found = values.get(place)
        left = predicted.get((task_id, *found), []) if found else []
        yield {
            "project_id": project_id,
            "task_id": task_id,
            "source": foreign.source,
            "kind": answer.kind,
            "original": _written(answer.original),
            "prediction_id": left.pop(0) if left else None,
            "at": now,
        }


def _predictions_of(
    connection: Connection, tasks: Sequence[int]
) -> dict[tuple[int, str, str], list[int]]:
    found: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for some in chunks(list(tasks), _AT_ONCE):
        rows = connection.execute(
            select(prediction.c.id, prediction.c.task_id, prediction.c.model, prediction.c.value)
            .where(prediction.c.task_id.in_(some), prediction.c.model_version_id.is_(None))
            .order_by(prediction.c.id)
        )
        for row in rows:
            found[row.task_id, row.model, row.value].append(row.id)
    return found


def keep_answer(
    connection: Connection,
    *,
    project_id: int,
    task_id: int,
    source: str,
    kind: str,
    original: Mapping[str, Any],
    now: Instant,
    prediction_id: int | None = None,
    annotation_id: int | None = None,
) -> int:
    """Keep one answer as another tool wrote it, and what became of it here."""
    made = connection.execute(
        foreign_annotation.insert()
        .values(
            project_id=project_id,
            task_id=task_id,
            source=source,
            kind=kind,
            original=_written(original),
            prediction_id=prediction_id,
            annotation_id=annotation_id,
            at=now,
        )
        .returning(foreign_annotation.c.id)
    )
    return cast(int, made.scalar_one())


def add_prediction(
    connection: Connection,
    *,
    project_id: int,
    task_id: int,
    value: Mapping[str, Any],
    model: str,
    score: float | None,
    now: Instant,
) -> int:
    """Add a prediction that another tool brought for a task."""
    made = connection.execute(
        prediction.insert()
        .values(
            task_id=task_id,
            project_id=project_id,
            value=orjson.dumps(value).decode(),
            model=model,
            score=score,
            created_at=now,
        )
        .returning(prediction.c.id)
    )
    return cast(int, made.scalar_one())


def count(connection: Connection, project_id: int) -> Counts:
    """Count a project's tasks, answers and predictions; tasks set aside are left out."""
    tasks = connection.execute(
        select(func.count()).where(task.c.project_id == project_id, task.c.set_aside_at.is_(None))
    ).scalar_one()
    ours = select(func.count(), func.count(annotation.c.task_id.distinct())).where(
        annotation.c.project_id == project_id, annotation.c.superseded.is_(False)
    )
    given, done = connection.execute(ours).one()
    sorts = connection.execute(
        select(foreign_annotation.c.kind, func.count())
        .where(
            foreign_annotation.c.project_id == project_id,
            foreign_annotation.c.annotation_id.is_(None),
        )
        .group_by(foreign_annotation.c.kind)
    )
    kept = {str(row[0]): int(row[1]) for row in sorts}
    return Counts(tasks, given + kept.get("annotation", 0), kept.get("prediction", 0), done)


def page(
    connection: Connection, project_id: int, *, after: int = 0, offset: int = 0, limit: int = 500
) -> list[WholeTask]:
    """Load tasks with all that is said of them, by id; those set aside are left out."""
    chosen = (
        _tasks()
        .where(task.c.project_id == project_id, task.c.set_aside_at.is_(None), task.c.id > after)
        .order_by(task.c.id)
        .offset(offset)
        .limit(limit)
    )
    return _whole(connection, [_task(row) for row in connection.execute(chosen)])


def load_task(connection: Connection, task_id: int) -> WholeTask | None:
    """Load one task with all that is said of it; None where there is none, or it is set aside."""
    chosen = _tasks().where(task.c.id == task_id, task.c.set_aside_at.is_(None))
    found = _whole(connection, [_task(row) for row in connection.execute(chosen)])
    return found[0] if found else None


def highest_ids(connection: Connection, project_id: int) -> tuple[int, int]:
    """Say the highest id that another tool gave to a task, and to an answer, of a project."""
    tasks = connection.execute(
        select(foreign_task.c.details).where(foreign_task.c.project_id == project_id)
    )
    task_ids = (orjson.loads(row.details).get("id") for row in tasks)
    answers = connection.execute(
        select(foreign_annotation.c.original).where(
            foreign_annotation.c.project_id == project_id,
            foreign_annotation.c.annotation_id.is_(None),
        )
    )
    answer_ids = (json.loads(row.original).get("id") for row in answers)
    return _highest(task_ids), _highest(answer_ids)


def task_of_answer(connection: Connection, kept_id: int) -> int | None:
    """Say which task an answer that was kept is about."""
    found = select(foreign_annotation.c.task_id).where(foreign_annotation.c.id == kept_id)
    return connection.execute(found).scalar_one_or_none()


def task_of_annotation(connection: Connection, annotation_id: int) -> int | None:
    """Say which task an annotation of ours is about."""
    found = select(annotation.c.task_id).where(annotation.c.id == annotation_id)
    return connection.execute(found).scalar_one_or_none()


def task_of_lease(connection: Connection, lease_id: int) -> int | None:
    """Say which task a hand-out is about."""
    found = select(lease.c.task_id).where(lease.c.id == lease_id)
    return connection.execute(found).scalar_one_or_none()


def task_of_prediction(connection: Connection, prediction_id: int) -> int | None:
    """Say which task a prediction is about."""
    found = select(prediction.c.task_id).where(prediction.c.id == prediction_id)
    return connection.execute(found).scalar_one_or_none()


def project_of_task(connection: Connection, task_id: int) -> int | None:
    """Say which project a task lies in."""
    found = select(task.c.project_id).where(task.c.id == task_id)
    return connection.execute(found).scalar_one_or_none()


def media_type_of(connection: Connection, project_id: int) -> str | None:
    """Say what a project's tasks show, by its first one."""
    found = select(task.c.media_type).where(task.c.project_id == project_id).order_by(task.c.id)
    return connection.execute(found.limit(1)).scalar_one_or_none()


def made_at(connection: Connection, project_id: int) -> tuple[Instant, int, str | None]:
    """Say when a project was made, by whom, and whether it is put away."""
    row = connection.execute(
        select(project.c.created_at, project.c.owner_id, project.c.archived_at).where(
            project.c.id == project_id
        )
    ).one()
    return row.created_at, row.owner_id, row.archived_at


def _tasks() -> Any:  # noqa: ANN401  # a select
    return select(
        task.c.id,
        task.c.project_id,
        task.c.data,
        task.c.media_type,
        task.c.created_at,
        foreign_task.c.details,
    ).outerjoin(foreign_task, foreign_task.c.task_id == task.c.id)


def _task(row: Any) -> WholeTask:  # noqa: ANN401  # a result row
    details = None if row.details is None else json.loads(row.details)
    data = orjson.loads(row.data)
    return WholeTask(row.id, row.project_id, data, row.media_type, row.created_at, details)


def _whole(connection: Connection, tasks: list[WholeTask]) -> list[WholeTask]:
    """Gather what is said of these tasks, a query for each sort of thing."""
    by_id = {one.id: one for one in tasks}
    ids = list(by_id)
    if not ids:
        return []
    for kept in _rows(connection, foreign_annotation, foreign_annotation.c.task_id.in_(ids), _kept):
        by_id[kept.task_id].kept.append(kept)
    for given in _given(connection, ids):
        by_id[given.task_id].given.append(given)
    skipped = lease.c.task_id.in_(ids) & (lease.c.state == "skipped")
    for passed in _rows(connection, lease, skipped, _passed):
        by_id[passed.task_id].passed_on.append(passed)
    made = prediction.c.task_id.in_(ids) & prediction.c.planted.is_(False)
    for one in _rows(connection, prediction, made, _made):
        by_id[one.task_id].predictions.append(one)
    return tasks


def _rows(
    connection: Connection,
    table: Any,  # noqa: ANN401  # a table
    where: ColumnElement[bool],
    read: Callable[[Any], Row],
) -> list[Row]:
    return [
        read(row) for row in connection.execute(select(table).where(where).order_by(table.c.id))
    ]


def _kept(row: Any) -> KeptAnswer:  # noqa: ANN401  # a result row
    return KeptAnswer(
        row.id,
        row.task_id,
        row.kind,
        json.loads(row.original),
        row.prediction_id,
        row.annotation_id,
        row.at,
    )


def _passed(row: Any) -> PassedOn:  # noqa: ANN401  # a result row
    return PassedOn(row.id, row.task_id, row.person_id, row.served_at, row.ended_at)


def _made(row: Any) -> MadePrediction:  # noqa: ANN401  # a result row
    value = orjson.loads(row.value)
    return MadePrediction(row.id, row.task_id, value, row.model, row.score, row.created_at)


def _given(connection: Connection, ids: Sequence[int]) -> list[GivenAnswer]:
    """Load each person's newest answer, and the id and time of their first one."""
    found = connection.execute(
        select(annotation).where(annotation.c.task_id.in_(ids)).order_by(annotation.c.id)
    )
    firsts: dict[tuple[int, int], tuple[int, Instant]] = {}
    answers: list[GivenAnswer] = []
    for row in found:
        first = firsts.setdefault((row.task_id, row.person_id), (row.id, row.submitted_at))
        if not row.superseded:
            answers.append(
                GivenAnswer(
                    row.id,
                    first[0],
                    row.task_id,
                    row.person_id,
                    orjson.loads(row.value),
                    row.submitted_at,
                    row.served_at,
                    first[1],
                    row.prediction_id,
                )
            )
    return answers


def _highest(found: Iterable[object]) -> int:
    return max((one for one in found if isinstance(one, int)), default=0)


def _written(value: Mapping[str, Any]) -> str:
    """Write JSON; numbers beyond 64 bits as they are, which orjson does not."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
