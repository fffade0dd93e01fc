"""Read a project as Label Studio would write it: its configuration and its tasks, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fairhand.core.errors import NotFoundError
from fairhand.formats.label_studio.export import KEPT_FROM, OURS, PASSED_FROM, Ids, task_json
from fairhand.labels.kind import AnswerContext
from fairhand.model.foreign import ForeignProject, WholeTask
from fairhand.model.label_studio.controls import StudioConfig
from fairhand.model.label_studio.write_config import current_config
from fairhand.model.project import Project
from fairhand.proof.release.store import load_withdrawn
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.versions import version_of
from fairhand.work.foreign import store as foreign
from fairhand.work.foreign.store import Counts
from fairhand.work.gold import store as gold
from fairhand.work.projects import store

_PAGE = 500


@dataclass(frozen=True, slots=True)
class StudioProject:
    """A project with its configuration, and what another tool said of it, where one did."""

    project: Project
    config: StudioConfig
    foreign: ForeignProject | None
    guidelines: str


def read_studio_project(db: Database, project_id: int) -> StudioProject:
    """Read a project; raises NotFoundError where there is none, or it is put away."""
    with db.read() as connection:
        return load_studio_project(db, connection, project_id)


def load_studio_project(db: Database, connection: Connection, project_id: int) -> StudioProject:
    """Read a project within a transaction."""
    project = store.load_project(connection, project_id)
    if project is None or foreign.made_at(connection, project_id)[2] is not None:
        raise NotFoundError(f"There is no project {project_id}.")
    kept = foreign.load_project(connection, project_id)
    version = version_of(db, connection, project_id, project.version)
    media_type = foreign.media_type_of(connection, project_id)
    config = current_config(kept.config if kept else None, version.questions, media_type)
    return StudioProject(project, config, kept, version.guidelines)


def count_studio_project(db: Database, project_id: int) -> Counts:
    """Count what a project holds."""
    with db.read() as connection:
        return foreign.count(connection, project_id)


def read_studio_page(db: Database, project_id: int, *, offset: int, limit: int) -> list[WholeTask]:
    """Read one page of a project's tasks."""
    with db.read() as connection:
        return foreign.page(connection, project_id, offset=offset, limit=limit)


def read_studio_task(db: Database, task_id: int) -> WholeTask:
    """Read one task; raises NotFoundError where there is none, or it was set aside."""
    with db.read() as connection:
        found = foreign.load_task(connection, task_id)
    if found is None:
        raise NotFoundError(f"There is no task {task_id}.")
    return found


def their_ids(db: Database, project_id: int) -> Ids:
    """Number things as they came; our own come above the highest of those."""
    with db.read() as connection:
        task_id, answer_id = foreign.highest_ids(connection, project_id)
    return Ids(is_theirs=True, lift_task=task_id, lift_answer=answer_id, left_out=Counter())


def iter_studio_tasks(
    db: Database, project_id: int, ids: Ids = OURS, host: str = ""
) -> Iterator[dict[str, Any]]:
    """Write every task of a project, holding a page of them at a time.

    Who took back what they gave is not in it, as in no export; `ids.left_out` counts their answers.
    """
    config = read_studio_project(db, project_id).config
    with db.read() as connection:
        withdrawn = load_withdrawn(connection, project_id)
    after = 0
    while True:
        with db.read() as connection:
            tasks = foreign.page(connection, project_id, after=after, limit=_PAGE)
        if not tasks:
            return
        for task in tasks:
            yield task_json(_without(task, withdrawn, ids), config, ids, host)
        after = tasks[-1].id


def _without(task: WholeTask, people: frozenset[int], ids: Ids) -> WholeTask:
    """Leave out of a task what some people gave, and count it."""
    given = [one for one in task.given if one.person_id not in people]
    passed_on = [one for one in task.passed_on if one.person_id not in people]
    gone = len(task.given) - len(given)
    if gone and ids.left_out is not None:
        ids.left_out["an answer of somebody who took back what they gave"] += gone
    return replace(task, given=given, passed_on=passed_on)


def task_ids_of(db: Database, project_id: int, fingerprints: list[str]) -> dict[str, int]:
    """Say which tasks rows became, now or in an earlier import."""
    with db.read() as connection:
        return gold.find_by_fingerprint(connection, project_id, sorted(set(fingerprints)))


def place_of(db: Database, number: int) -> int | None:
    """Say which task an answer is about, by the number that it has over the API."""
    with db.read() as connection:
        if number >= PASSED_FROM:
            return foreign.task_of_lease(connection, number - PASSED_FROM)
        if number >= KEPT_FROM:
            return foreign.task_of_answer(connection, number - KEPT_FROM)
        return foreign.task_of_annotation(connection, number)


def place_of_prediction(db: Database, number: int) -> int | None:
    """Say which task a prediction is about, by the number that it has over the API."""
    with db.read() as connection:
        if number >= KEPT_FROM:
            return foreign.task_of_answer(connection, number - KEPT_FROM)
        return foreign.task_of_prediction(connection, number)


def context_of_task(db: Database, task_id: int) -> AnswerContext:
    """Say what answers to a task are about."""
    with db.read() as connection:
        sheet = store.load_task_sheet(connection, task_id, 0)
    if sheet is None:
        raise NotFoundError(f"There is no task {task_id}.")
    media = sheet.task.media
    if media is None:
        return AnswerContext(data=sheet.task.data)
    length = (media.details or {}).get("duration_ms")
    return AnswerContext(media.width, media.height, sheet.task.data, length)
