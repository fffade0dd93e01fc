"""SQL of releases: what enters one, read page by page, and the row that remembers it.

A page is a range of task ids, so every statement walks a primary key: memory and time per page do
not grow with the project.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.model.foreign import BY_PEOPLE
from fairhand.model.origin import HUMAN, Standing
from fairhand.proof.release.guard_counts import Checked
from fairhand.proof.release.source import Answer, Given, Ruling, TaskSheet
from fairhand.storage.tables.assist import model_version
from fairhand.storage.tables.office import adjudication, foreign_annotation, review
from fairhand.storage.tables.people import consent_grant
from fairhand.storage.tables.proof import release, task_origin
from fairhand.storage.tables.quality import consensus
from fairhand.storage.tables.work import annotation, prediction, queue, task

State = Literal["writing", "logged", "published", "lost"]

_PAGE = 500


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A release as the workspace remembers it."""

    id: int
    project_id: int
    version: int
    state: State
    manifest_sha256: str | None
    directory: str
    created_at: Instant
    event_id: int | None
    stats: dict[str, Any] | None


# Adding 0 keeps planners off the index by project, which would sort the whole project per page.
_TASKS = (
    select(
        task.c.id,
        task.c.data,
        task.c.media_sha256,
        task.c.media_type,
        task.c.media_details,
        queue.c.held,
        task_origin.c.depth,
        task_origin.c.model,
    )
    .join_from(task, queue, queue.c.task_id == task.c.id)
    .join(task_origin, task_origin.c.task_id == task.c.id, isouter=True)
    .where(task.c.id > bindparam("after"), task.c.project_id + 0 == bindparam("project_id"))
    .order_by(task.c.id)
    .limit(_PAGE)
)
_CONSENSUS = (
    select(
        consensus.c.task_id,
        consensus.c.question,
        consensus.c.value,
        consensus.c.confidence,
        consensus.c.method,
        consensus.c.beliefs,
        consensus.c.answer_ids,
    )
    .where(
        consensus.c.task_id.between(bindparam("first"), bindparam("last")),
        consensus.c.project_id + 0 == bindparam("project_id"),
        consensus.c.value.isnot(None),
    )
    .order_by(consensus.c.task_id)
)
_ANNOTATIONS = (
    select(
        annotation.c.id,
        annotation.c.task_id,
        annotation.c.person_id,
        annotation.c.revision,
        annotation.c.value,
        annotation.c.submitted_at,
        annotation.c.counted,
        annotation.c.late,
        annotation.c.prediction_shown,
        annotation.c.prediction_changed,
        annotation.c.simulated,
        annotation.c.superseded,
        prediction.c.model,
        model_version.c.data_depth,
        annotation.c.project_version,
        select(foreign_annotation.c.id)
        .where(
            foreign_annotation.c.task_id == annotation.c.task_id,
            foreign_annotation.c.prediction_id == annotation.c.prediction_id,
            foreign_annotation.c.kind == "annotation",
            prediction.c.model == BY_PEOPLE,
        )
        .exists()
        .label("of_person"),
    )
    .join_from(annotation, prediction, prediction.c.id == annotation.c.prediction_id, isouter=True)
    .join(model_version, model_version.c.id == prediction.c.model_version_id, isouter=True)
    .where(
        annotation.c.task_id.between(bindparam("first"), bindparam("last")),
        annotation.c.project_id + 0 == bindparam("project_id"),
    )
    .order_by(annotation.c.task_id, annotation.c.id)
)
_STANDING = (
    select(
        adjudication.c.task_id,
        adjudication.c.review_id,
        adjudication.c.at,
        review.c.reviewer_id,
        review.c.verdict,
        review.c.because,
    )
    .join_from(adjudication, review, review.c.id == adjudication.c.review_id)
    .where(
        adjudication.c.task_id.between(bindparam("first"), bindparam("last")),
        adjudication.c.project_id + 0 == bindparam("project_id"),
    )
)
_GRANTS = select(consent_grant.c.person_id, consent_grant.c.withdrawn_at).where(
    consent_grant.c.project_id == bindparam("project_id")
)
_GENERATED = (
    select(
        task_origin.c.model,
        task_origin.c.verifier,
        task_origin.c.precision_low,
        func.count().label("tasks"),
    )
    .where(task_origin.c.project_id == bindparam("project_id"))
    .group_by(task_origin.c.model, task_origin.c.verifier, task_origin.c.precision_low)
    .order_by(task_origin.c.model, task_origin.c.verifier, task_origin.c.precision_low)
)
_HELD = select(queue.c.task_id).where(
    queue.c.task_id.in_(bindparam("ids", expanding=True)), queue.c.held
)
_SAVED = select(release).order_by(release.c.version.desc())
_VERSIONS = select(func.coalesce(func.max(release.c.version), 0)).where(
    release.c.project_id == bindparam("project_id")
)


def pin_snapshot(connection: Connection) -> None:
    """See the database as it is now until the transaction ends; SQLite's reads always do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def load_withdrawn(connection: Connection, project_id: int) -> frozenset[int]:
    """The people who had a grant for the project and have none now."""
    live: set[int] = set()
    ended: set[int] = set()
    for row in connection.execute(_GRANTS, {"project_id": project_id}):
        (live if row.withdrawn_at is None else ended).add(row.person_id)
    return frozenset(ended - live)


def iter_sheets(connection: Connection, project_id: int) -> Iterator[TaskSheet]:
    """Stream a project's tasks in the order of their ids, each with its answers."""
    after = 0
    while True:
        found = connection.execute(_TASKS, {"after": after, "project_id": project_id}).all()
        if not found:
            return
        after = found[-1].id
        bounds = {"first": found[0].id, "last": after, "project_id": project_id}
        answers = _by_task(connection.execute(_CONSENSUS, bounds).all())
        given = _by_task(connection.execute(_ANNOTATIONS, bounds).all())
        stands = {row.task_id: row for row in connection.execute(_STANDING, bounds)}
        for row in found:
            yield TaskSheet(
                task_id=row.id,
                data=row.data,
                media_sha256=row.media_sha256,
                media_type=row.media_type,
                media_details=row.media_details,
                held=bool(row.held),
                answers=tuple(Answer(*item[1:]) for item in answers.get(row.id, ())),
                given={item.id: Given(*item) for item in given.get(row.id, ())},
                origin=HUMAN if row.depth is None else Standing("synthetic", row.depth),
                data_model=row.model,
                ruling=Ruling(*stands[row.id][1:]) if row.id in stands else None,
            )


def list_generated(connection: Connection, project_id: int) -> tuple[Checked, ...]:
    """List what generated a project's data, with who checked it, as it was declared."""
    rows = connection.execute(_GENERATED, {"project_id": project_id})
    return tuple(
        Checked(
            row.model,
            row.verifier or "",
            None if row.precision_low is None else row.precision_low / 1_000,
            row.tasks,
        )
        for row in rows
    )


def list_held(connection: Connection, task_ids: Sequence[int]) -> set[int]:
    """Say which of some tasks are held back, for a person to look at."""
    found: set[int] = set()
    for some in chunks(task_ids, _PAGE):
        found.update(connection.execute(_HELD, {"ids": some}).scalars())
    return found


def add_release(
    connection: Connection, project_id: int, version: int, directory: str, now: Instant
) -> int:
    """Remember that a version is being written."""
    values = {
        "project_id": project_id,
        "version": version,
        "state": "writing",
        "directory": directory,
        "created_at": now,
    }
    result = connection.execute(release.insert(), values)
    release_id: int = result.inserted_primary_key[0]  # type: ignore[index]  # one row, so a key
    return release_id


def next_version(connection: Connection, project_id: int) -> int:
    """The version after the newest; the caller holds the project's row."""
    newest: int = connection.execute(_VERSIONS, {"project_id": project_id}).scalar_one()
    return newest + 1


def set_logged(
    connection: Connection, release_id: int, event_id: int, manifest_sha256: str, stats: str
) -> None:
    """Remember that the release's event is in the log; `stats` is JSON."""
    connection.execute(
        update(release)
        .where(release.c.id == release_id)
        .values(state="logged", event_id=event_id, manifest_sha256=manifest_sha256, stats=stats)
    )


def set_state(connection: Connection, release_id: int, state: State) -> None:
    """Move a release on."""
    connection.execute(update(release).where(release.c.id == release_id).values(state=state))


def forget_unwritten(connection: Connection, release_id: int) -> None:
    """Give a version number back of which nothing was written."""
    connection.execute(
        delete(release).where(release.c.id == release_id, release.c.state == "writing")
    )


def load_release(connection: Connection, release_id: int) -> StoredRelease | None:
    """Load one release."""
    row = connection.execute(_SAVED.where(release.c.id == release_id)).one_or_none()
    return None if row is None else _stored(row)


def list_unfinished(connection: Connection, project_id: int) -> list[StoredRelease]:
    """List the publishes of a project that did not come to their end, newest first."""
    unfinished = _SAVED.where(
        release.c.project_id == project_id, release.c.state.in_(["writing", "logged"])
    )
    return [_stored(row) for row in connection.execute(unfinished)]


def list_releases(connection: Connection, project_id: int) -> list[StoredRelease]:
    """List the published releases of a project, newest first."""
    published = _SAVED.where(release.c.project_id == project_id, release.c.state == "published")
    return [_stored(row) for row in connection.execute(published)]


def list_logged(connection: Connection) -> list[StoredRelease]:
    """List all releases that the log should have, of every project."""
    chosen = _SAVED.where(release.c.event_id.is_not(None))
    return [_stored(row) for row in connection.execute(chosen)]


def _stored(row: Any) -> StoredRelease:  # noqa: ANN401  # a result row
    stats = None if row.stats is None else orjson.loads(row.stats)
    return StoredRelease(
        row.id,
        row.project_id,
        row.version,
        row.state,
        row.manifest_sha256,
        row.directory,
        row.created_at,
        row.event_id,
        stats,
    )


def _by_task(rows: Sequence[Any]) -> dict[int, list[Any]]:
    return {key: list(group) for key, group in groupby(rows, key=lambda row: row.task_id)}


def list_directories(connection: Connection) -> list[tuple[int, str]]:
    """List where the folders of all releases are."""
    found = connection.execute(select(release.c.id, release.c.directory).order_by(release.c.id))
    return [(row.id, row.directory) for row in found]


def move(connection: Connection, release_id: int, directory: str) -> None:
    """Say that a release's folder is elsewhere now."""
    moved = update(release).where(release.c.id == release_id).values(directory=directory)
    connection.execute(moved)
