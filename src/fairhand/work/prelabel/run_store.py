"""SQL of runs that pre-label a whole project: what is left, what was proposed, how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Row, bindparam, func, select, text, update

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.assist import model_version, prelabel_run
from fairhand.storage.tables.work import prediction, task

RUNNING = "running"
_PROBLEM_MOST = 4_000
_ROWS_HELD = 500

# The plus keeps the planner from an index by project: tasks are wanted in the order of their ids.
_LEFT = text(
    "SELECT t.id, t.data, t.media_sha256, t.media_type, t.width, t.height, "
    "t.media_details FROM task AS t WHERE +t.project_id = :project_id AND t.id > :after "
    "AND NOT EXISTS (SELECT 1 FROM prediction AS p WHERE p.model_version_id = :version_id "
    "AND p.task_id = t.id) ORDER BY t.id LIMIT :most"
)
_TASKS = select(func.count()).select_from(task).where(task.c.project_id == bindparam("project_id"))
_DONE = select(func.count()).where(prediction.c.model_version_id == bindparam("version_id"))
_RUN = select(prelabel_run).where(prelabel_run.c.id == bindparam("run_id"))
_RUNS = (
    select(prelabel_run)
    .where(prelabel_run.c.project_id == bindparam("project_id"))
    .order_by(prelabel_run.c.id.desc())
    .limit(bindparam("most"))
)
_UNFINISHED = (
    select(prelabel_run)
    .where(
        prelabel_run.c.assistant_id == bindparam("assistant_id"),
        prelabel_run.c.model_version_id == bindparam("version_id"),
        prelabel_run.c.state != "done",
    )
    .order_by(prelabel_run.c.id.desc())
    .limit(1)
)
_VERSION = (
    select(model_version.c.id)
    .where(
        model_version.c.assistant_id == bindparam("assistant_id"),
        model_version.c.model == bindparam("model"),
    )
    .order_by(model_version.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class PrelabelRun:
    """A run: `done` tasks were proposed for or needed nothing, `failed` could not be.

    All tasks up to `through_task_id` have been dealt with.
    """

    id: int
    project_id: int
    assistant_id: int
    model_version_id: int
    state: str
    total: int
    done: int
    failed: int
    through_task_id: int
    runner: str
    cost_micros: int
    cost_currency: str | None
    problem: str | None
    author_id: int | None
    started_at: Instant
    ended_at: Instant | None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be started."""

    project_id: int
    assistant_id: int
    model_version_id: int
    total: int
    runner: str
    author_id: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """How a run moved on: what is added to its figures."""

    run_id: int
    through_task_id: int
    done: int
    failed: int
    cost_micros: int = 0
    cost_currency: str | None = None


def count_left(connection: Connection, project_id: int, version_id: int) -> int:
    """Count the tasks of a project that a version has not proposed for."""
    tasks = connection.execute(_TASKS, {"project_id": project_id}).scalar_one()
    done = connection.execute(_DONE, {"version_id": version_id}).scalar_one()
    return max(int(tasks) - int(done), 0)


def tasks_left(
    connection: Connection, project_id: int, version_id: int, after: int, most: int
) -> Iterator[Row[Any]]:
    """Give tasks that a version has not proposed for, in the order of ids, a few at a time.

    Columns: id, data (JSON), media_sha256, media_type, width, height, media_details (JSON).
    """
    held = connection.execution_options(yield_per=_ROWS_HELD)
    given = {"project_id": project_id, "version_id": version_id, "after": after, "most": most}
    yield from held.execute(_LEFT, given)


def find_version(connection: Connection, assistant_id: int, model: str) -> int | None:
    """Find the version of an assistant that has this name@version."""
    given = {"assistant_id": assistant_id, "model": model[:200]}
    return connection.execute(_VERSION, given).scalar_one_or_none()


def add_run(connection: Connection, new: NewRun, now: Instant) -> int:
    """Write down that a run has started; give its id."""
    statement = (
        prelabel_run.insert()
        .values(
            project_id=new.project_id,
            assistant_id=new.assistant_id,
            model_version_id=new.model_version_id,
            state=RUNNING,
            total=new.total,
            runner=new.runner,
            author_id=new.author_id,
            started_at=now,
        )
        .returning(prelabel_run.c.id)
    )
    return cast(int, connection.execute(statement).scalar_one())


def load_run(connection: Connection, run_id: int) -> PrelabelRun | None:
    """Load a run."""
    row = connection.execute(_RUN, {"run_id": run_id}).one_or_none()
    return None if row is None else _run(row)


def list_runs(connection: Connection, project_id: int, most: int = 50) -> list[PrelabelRun]:
    """List a project's runs, newest first."""
    rows = connection.execute(_RUNS, {"project_id": project_id, "most": most})
    return [_run(row) for row in rows]


def find_unfinished(
    connection: Connection, assistant_id: int, version_id: int
) -> PrelabelRun | None:
    """Find the run of a version that is not done: cut off, stopped, failed, or still at it."""
    given = {"assistant_id": assistant_id, "version_id": version_id}
    row = connection.execute(_UNFINISHED, given).one_or_none()
    return None if row is None else _run(row)


def go_on(connection: Connection, run_id: int, total: int, runner: str) -> None:
    """Let a run that stopped be running again, with as many tasks as there are now."""
    columns = {"state": RUNNING, "problem": None, "ended_at": None, "runner": runner}
    change_run(connection, run_id, total=total, **columns)


def change_run(connection: Connection, run_id: int, **columns: Any) -> None:  # noqa: ANN401
    """Change columns of a run."""
    if columns.get("problem"):
        columns["problem"] = str(columns["problem"])[:_PROBLEM_MOST]
    connection.execute(update(prelabel_run).where(prelabel_run.c.id == run_id).values(**columns))


def move_on(connection: Connection, step: Step) -> None:
    """Add to a run's figures; the tasks up to `through_task_id` are dealt with."""
    columns = prelabel_run.c
    connection.execute(
        update(prelabel_run)
        .where(columns.id == step.run_id)
        .values(
            through_task_id=step.through_task_id,
            done=columns.done + step.done,
            failed=columns.failed + step.failed,
            cost_micros=columns.cost_micros + step.cost_micros,
            cost_currency=func.coalesce(columns.cost_currency, step.cost_currency),
        )
    )


def save_many(
    connection: Connection,
    project_id: int,
    version_id: int,
    columns: Mapping[str, Sequence[Any]],
    now: Instant,
) -> None:
    """Store proposals by column: task_id, value and details (JSON), model, score, ask.

    A task that the version proposed for already keeps that.
    """
    fixed = {"project_id": project_id, "model_version_id": version_id, "created_at": now}
    names = ("task_id", "value", "model", "score", "details", "ask")
    rows = [
        {**fixed, **dict(zip(names, row, strict=True))}
        for row in zip(*(columns[name] for name in names), strict=True)
    ]
    if rows:
        connection.execute(insert(connection, prediction).on_conflict_do_nothing(), rows)


def _run(row: Row[Any]) -> PrelabelRun:
    return PrelabelRun(**row._mapping)
