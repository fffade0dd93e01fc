"""SQL of projects and their tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import orjson
from sqlalchemy import bindparam, func, select, text, update

from fairhand.core.clock import Instant
from fairhand.model.project import Mode, Project, ProjectVersion, Question
from fairhand.model.task import Media, NewTask, Prediction, Task
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.work import (
    annotation,
    import_run,
    prediction,
    project,
    project_version,
    queue,
    task,
)
from fairhand.work.projects.rules import ProjectPolicy

_MEDIA_USES = (
    select(
        task.c.id,
        task.c.project_id,
        task.c.media_type,
        task.c.preview_sha256,
        task.c.media_details,
    )
    .where(task.c.media_sha256 == bindparam("sha256"))
    .limit(100)
)
_RANKS = text(
    "UPDATE project SET next_rank = next_rank + :count WHERE id = :project_id RETURNING next_rank"
)

_TASK = text(
    """
    SELECT t.id, t.project_id, t.data, t.media_sha256, t.media_type, t.media_bytes, t.width,
           t.height, t.media_details, t.created_at, t.preview_sha256,
           d.value AS draft_value, d.saved_at,
           r.id AS prediction_id, r.model, r.score, r.value AS prediction_value,
           r.created_at AS predicted_at, r.ask, o.blind_permille,
           o.holdout_permille, (SELECT q.tier FROM queue AS q WHERE q.task_id = t.id) AS tier
    FROM task AS t
    JOIN project AS o ON o.id = t.project_id
    LEFT JOIN draft AS d ON d.task_id = t.id AND d.person_id = :person_id
    LEFT JOIN prediction AS r
        ON r.id = (SELECT max(p.id) FROM prediction AS p WHERE p.task_id = t.id
                   AND (p.model_version_id IS NULL OR p.model_version_id = o.model_version_id))
    WHERE t.id = :task_id
    """
)


@dataclass(frozen=True, slots=True)
class TaskSheet:
    """A task with all that a person needs to answer it."""

    task: Task
    prediction: Prediction | None
    draft: dict[str, Any] | None
    draft_saved_at: Instant | None
    ask: str = "fix"  # what is best asked of who sees the prediction: verify, fix, draw
    blind_permille: int = 0
    holdout_permille: int = 0
    tier: int = 0  # how hard its content is, 0 to 3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a project is, counted now."""

    tasks: int
    finished: int
    answers: int
    counted_answers: int
    assisted_answers: int
    people: int
    live_leases: int


def create_project(
    connection: Connection,
    policy: ProjectPolicy,
    *,
    slug: str,
    mode: Mode,
    owner_id: int,
    lease_ttl_ms: int,
    now: Instant,
) -> int | None:
    """Add a project at version 1 and return its id; None when the slug is taken."""
    row = connection.execute(
        insert(connection, project)
        .values(
            slug=slug,
            title=policy.title.strip(),
            mode=mode,
            version=1,
            purpose=policy.purpose.strip(),
            owner_id=owner_id,
            currency=policy.currency,
            rate_micros_per_hour=policy.rate_micros_per_hour,
            min_overlap=policy.min_overlap,
            max_overlap=policy.max_overlap,
            target_confidence=policy.target_confidence,
            lease_ttl_ms=lease_ttl_ms,
            expected_ms=policy.expected_ms,
            tier=policy.tier,
            worth_micros=policy.worth_micros,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(project.c.id)
    ).one_or_none()
    if row is None:
        return None
    project_id = cast(int, row.id)
    add_version(connection, project_id, 1, policy.questions, policy.guidelines, owner_id, now)
    return project_id


def add_version(
    connection: Connection,
    project_id: int,
    version: int,
    questions: Sequence[Question],
    guidelines: str,
    author_id: int,
    now: Instant,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Write a version of questions and guidelines and make it the current one.

    `changes` says how labels of the version before are called in this one.
    """
    connection.execute(
        project_version.insert().values(
            project_id=project_id,
            version=version,
            questions=orjson.dumps([asdict(question) for question in questions]).decode(),
            guidelines=guidelines,
            author_id=author_id,
            created_at=now,
            changes=None if changes is None else orjson.dumps(changes).decode(),
        )
    )
    connection.execute(update(project).where(project.c.id == project_id).values(version=version))


_PROJECT_COLUMNS = (
    project.c.id,
    project.c.slug,
    project.c.title,
    project.c.mode,
    project.c.version,
    project.c.purpose,
    project.c.currency,
    project.c.rate_micros_per_hour,
    project.c.min_overlap,
    project.c.max_overlap,
    project.c.target_confidence,
    project.c.lease_ttl_ms,
    project.c.expected_ms,
    project.c.tier,
    project.c.created_at,
    project.c.queue_epoch,
    project.c.gold_permille,
    project.c.worth_micros,
    project.c.archived_at,
)


def _project(row: Any) -> Project:  # noqa: ANN401  # a result row
    return Project(*row)


def load_project(connection: Connection, project_id: int) -> Project | None:
    """Load one project."""
    row = connection.execute(
        select(*_PROJECT_COLUMNS).where(project.c.id == project_id)
    ).one_or_none()
    return None if row is None else _project(row)


def lock_project(connection: Connection, project_id: int) -> Project | None:
    """Load one project and keep others from changing it until commit.

    Not so that rows which only name the project, as leases and answers do, would wait for it.
    """
    chosen = select(*_PROJECT_COLUMNS).where(project.c.id == project_id)
    row = connection.execute(chosen.with_for_update(key_share=True)).one_or_none()
    return None if row is None else _project(row)


def find_project(connection: Connection, slug: str) -> Project | None:
    """Find a project by its short name."""
    row = connection.execute(select(*_PROJECT_COLUMNS).where(project.c.slug == slug)).one_or_none()
    return None if row is None else _project(row)


def list_projects(connection: Connection) -> list[Project]:
    """List every project, newest first."""
    found = connection.execute(select(*_PROJECT_COLUMNS).order_by(project.c.id.desc()))
    return [_project(row) for row in found]


def load_version(connection: Connection, project_id: int, version: int) -> ProjectVersion | None:
    """Load a version of a project's questions and guidelines."""
    row = connection.execute(
        select(
            project_version.c.questions,
            project_version.c.guidelines,
            project_version.c.created_at,
        ).where(project_version.c.project_id == project_id, project_version.c.version == version)
    ).one_or_none()
    if row is None:
        return None
    questions = tuple(Question(**question) for question in orjson.loads(row.questions))
    return ProjectVersion(project_id, version, questions, row.guidelines, row.created_at)


def list_changes(connection: Connection, project_id: int) -> list[tuple[int, dict[str, Any]]]:
    """List (version, changes) of the versions that changed labels, oldest first."""
    found = (
        select(project_version.c.version, project_version.c.changes)
        .where(project_version.c.project_id == project_id, project_version.c.changes.isnot(None))
        .order_by(project_version.c.version)
    )
    return [(row.version, orjson.loads(row.changes)) for row in connection.execute(found)]


_GIVEN = text(
    "SELECT id, task_id, project_version, value FROM annotation WHERE project_id = :project_id "
    "AND id > :after AND counted AND NOT superseded ORDER BY id"
)
_TIMES = (
    select(annotation.c.submitted_at - annotation.c.served_at)
    .where(annotation.c.project_id == bindparam("project_id"), annotation.c.late.is_(False))
    .order_by(annotation.c.id.desc())
    .limit(501)
)


def iter_given(
    connection: Connection, project_id: int, after: int = 0
) -> Iterator[tuple[int, int, int, dict[str, Any]]]:
    """Stream (annotation, task, version, answers) of what counts, after an annotation's number."""
    asked = {"project_id": project_id, "after": after}
    # Of this statement alone: on the connection it would make cursors of writes that follow.
    for row in connection.execute(_GIVEN, asked, execution_options={"yield_per": 2_000}):
        yield row.id, row.task_id, row.project_version, orjson.loads(row.value)


def list_times(connection: Connection, project_id: int) -> list[int]:
    """List how long the newest answers took, in milliseconds."""
    return list(connection.execute(_TIMES, {"project_id": project_id}).scalars())


def set_mode(connection: Connection, project_id: int, mode: Mode) -> None:
    """Open, pause or close a project."""
    connection.execute(update(project).where(project.c.id == project_id).values(mode=mode))


def set_archived(connection: Connection, project_id: int, archived_at: Instant | None) -> None:
    """Put a project out of the way, or with None back."""
    chosen = update(project).where(project.c.id == project_id)
    connection.execute(chosen.values(archived_at=archived_at))


def set_expected(connection: Connection, project_id: int, expected_ms: int) -> None:
    """Write how long a task takes, as it was measured."""
    connection.execute(
        update(project).where(project.c.id == project_id).values(expected_ms=expected_ms)
    )


def set_worth(connection: Connection, project_id: int, worth_micros: int | None) -> None:
    """Say what a right answer is worth; None: the target confidence rules."""
    chosen = update(project).where(project.c.id == project_id)
    connection.execute(chosen.values(worth_micros=worth_micros))


def add_tasks(
    connection: Connection,
    owner: Project,
    tasks: Sequence[NewTask],
    previews: Sequence[str | None],
    now: Instant,
    doses: Sequence[int] = (),
) -> int:
    """Add tasks that are not there yet, with their queue rows and predictions; return how many.

    The project's row stays locked until commit, so that ranks become visible in order. `doses` say
    how hard each is expected to be; without, hard ones wait in the queue until they are weighed.
    """
    if not tasks:
        return 0
    last = connection.execute(_RANKS, {"count": len(tasks), "project_id": owner.id}).scalar_one()
    rows = [
        _task_row(owner.id, new, preview, now) for new, preview in zip(tasks, previews, strict=True)
    ]
    statement = (
        insert(connection, task)
        .on_conflict_do_nothing(index_elements=["project_id", "fingerprint"])
        .returning(task.c.id, task.c.fingerprint)
    )
    ids = {row.fingerprint: row.id for row in connection.execute(statement, rows)}
    added = [(ids.pop(new.fingerprint), new) for new in tasks if new.fingerprint in ids]
    if not added:
        return 0
    first = last - len(tasks)
    dose_of = dict(zip((new.fingerprint for new in tasks), doses, strict=False))
    connection.execute(
        queue.insert(),
        [
            {
                "task_id": task_id,
                "project_id": owner.id,
                "rank": first + offset,
                "wanted": owner.min_overlap,
                "tier": owner.tier,
                "dose": dose_of.get(new.fingerprint, 0),
            }
            for offset, (task_id, new) in enumerate(added)
        ],
    )
    _add_predictions(connection, owner.id, added, now)
    return len(added)


def _task_row(
    project_id: int, new: NewTask, preview_sha256: str | None, now: Instant
) -> dict[str, Any]:
    media = new.media
    return {
        "project_id": project_id,
        "fingerprint": new.fingerprint,
        "data": orjson.dumps(new.data).decode(),
        "media_sha256": media.sha256 if media else None,
        "media_type": media.content_type if media else None,
        "media_bytes": media.size_bytes if media else None,
        "preview_sha256": preview_sha256,
        "width": media.width if media else None,
        "height": media.height if media else None,
        "media_details": orjson.dumps(media.details).decode() if media and media.details else None,
        "place": new.place[:300],
        "created_at": now,
    }


def _add_predictions(
    connection: Connection, project_id: int, added: Sequence[tuple[int, NewTask]], now: Instant
) -> None:
    rows = [
        {
            "task_id": task_id,
            "project_id": project_id,
            "value": orjson.dumps(proposed.value).decode(),
            "model": proposed.model,
            "score": proposed.score,
            "created_at": now,
        }
        for task_id, new in added
        for proposed in new.predictions
    ]
    if rows:
        connection.execute(prediction.insert(), rows)


def load_task_sheet(connection: Connection, task_id: int, person_id: int) -> TaskSheet | None:
    """Load the payload of one task with the person's draft and the newest prediction."""
    row = connection.execute(_TASK, {"task_id": task_id, "person_id": person_id}).one_or_none()
    if row is None:
        return None
    return TaskSheet(
        task=Task(row.id, row.project_id, orjson.loads(row.data), _media(row), row.created_at),
        prediction=None
        if row.prediction_id is None
        else Prediction(
            row.prediction_id,
            row.id,
            orjson.loads(row.prediction_value),
            row.model,
            row.score,
            row.predicted_at,
        ),
        draft=None if row.draft_value is None else orjson.loads(row.draft_value),
        draft_saved_at=row.saved_at,
        ask=row.ask or "draw",
        blind_permille=row.blind_permille,
        holdout_permille=row.holdout_permille,
        tier=row.tier or 0,
    )


def _media(row: Any) -> Media | None:  # noqa: ANN401  # a result row
    if row.media_sha256 is None:
        return None
    details = None if row.media_details is None else orjson.loads(row.media_details)
    return Media(row.media_sha256, row.media_type, row.media_bytes, row.width, row.height, details)


def project_of_task(connection: Connection, task_id: int) -> int | None:
    """Say which project a task lies in."""
    found = connection.execute(select(task.c.project_id).where(task.c.id == task_id))
    return found.scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class MediaUse:
    """A task that shows a file, and what is known of the file there."""

    task_id: int
    project_id: int
    content_type: str
    preview_sha256: str | None
    details: str | None


def find_media(connection: Connection, sha256: str) -> list[MediaUse]:
    """List the tasks that show a file, a hundred at most."""
    found = connection.execute(_MEDIA_USES, {"sha256": sha256})
    return [MediaUse(*row) for row in found]


def count_progress(connection: Connection, project_id: int) -> Progress:
    """Count how far a project is; for pages and reports, never on the hot path."""
    tasks, finished = connection.execute(
        text(
            "SELECT count(*), coalesce(sum(CASE WHEN taken >= wanted THEN 1 ELSE 0 END), 0) "
            "FROM queue WHERE project_id = :project_id AND NOT EXISTS "
            "(SELECT 1 FROM gold_answer AS g WHERE g.task_id = queue.task_id) "
            "AND NOT (held AND EXISTS (SELECT 1 FROM task AS t WHERE t.id = queue.task_id "
            "AND t.set_aside_at IS NOT NULL))"
        ),
        {"project_id": project_id},
    ).one()
    answers = connection.execute(
        text(
            "SELECT count(*) AS n, "
            "coalesce(sum(CASE WHEN counted THEN 1 ELSE 0 END), 0) AS counted, "
            "coalesce(sum(CASE WHEN prediction_shown THEN 1 ELSE 0 END), 0) AS assisted, "
            "count(DISTINCT person_id) AS people "
            "FROM annotation WHERE project_id = :project_id AND NOT superseded"
        ),
        {"project_id": project_id},
    ).one()
    live = connection.execute(
        text("SELECT count(*) FROM lease WHERE project_id = :project_id AND state = 'live'"),
        {"project_id": project_id},
    ).scalar_one()
    return Progress(
        tasks=tasks,
        finished=max(0, finished - live),
        answers=answers.n,
        counted_answers=answers.counted,
        assisted_answers=answers.assisted,
        people=answers.people,
        live_leases=live,
    )


def median_task_ms(connection: Connection, project_id: int, sample: int = 501) -> int | None:
    """Measure the median time from being shown to being submitted, over the latest answers."""
    found = connection.execute(
        select(annotation.c.submitted_at - annotation.c.served_at)
        .where(annotation.c.project_id == project_id, annotation.c.late.is_(False))
        .order_by(annotation.c.id.desc())
        .limit(sample)
    ).scalars()
    times = sorted(found)
    return times[len(times) // 2] if len(times) >= 5 else None


def start_import(connection: Connection, project_id: int, source: str, now: Instant) -> int:
    """Open the record of an import run."""
    return cast(
        int,
        connection.execute(
            import_run.insert()
            .values(project_id=project_id, source=source[:500], state="running", started_at=now)
            .returning(import_run.c.id)
        ).scalar_one(),
    )


@dataclass(frozen=True, slots=True)
class ImportRun:
    """How an import went or goes."""

    id: int
    project_id: int
    source: str
    state: str
    rows_read: int
    added: int
    already_there: int
    rejected: int
    issues: list[dict[str, str]]


def load_import(connection: Connection, run_id: int) -> ImportRun | None:
    """Load the record of an import run."""
    row = connection.execute(
        select(
            import_run.c.id,
            import_run.c.project_id,
            import_run.c.source,
            import_run.c.state,
            import_run.c.rows_read,
            import_run.c.added,
            import_run.c.already_there,
            import_run.c.rejected,
            import_run.c.issues,
        ).where(import_run.c.id == run_id)
    ).one_or_none()
    return None if row is None else ImportRun(*row[:8], issues=orjson.loads(row.issues))


def save_import(connection: Connection, run: ImportRun, ended_at: Instant | None = None) -> None:
    """Write how far an import run is."""
    connection.execute(
        update(import_run)
        .where(import_run.c.id == run.id)
        .values(
            state=run.state,
            rows_read=run.rows_read,
            added=run.added,
            already_there=run.already_there,
            rejected=run.rejected,
            issues=orjson.dumps(run.issues).decode(),
            ended_at=ended_at,
        )
    )


def list_task_ids(connection: Connection, project_id: int, limit: int = 50) -> list[int]:
    """List the first tasks of a project."""
    found = connection.execute(
        select(task.c.id).where(task.c.project_id == project_id).order_by(task.c.id).limit(limit)
    ).scalars()
    return list(found)


def count_tasks(connection: Connection, project_id: int) -> int:
    """Count a project's tasks."""
    return connection.execute(
        select(func.count()).select_from(queue).where(queue.c.project_id == project_id)
    ).scalar_one()


def iter_predictions(connection: Connection, project_id: int) -> Iterator[Prediction]:
    """Stream a project's predictions in task order."""
    found = connection.execute(
        select(prediction).where(prediction.c.project_id == project_id).order_by(prediction.c.id)
    )
    for row in found:
        yield Prediction(
            row.id, row.task_id, orjson.loads(row.value), row.model, row.score, row.created_at
        )
