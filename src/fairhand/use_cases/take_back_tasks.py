"""An owner takes tasks back that were set aside: they are asked and released like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.set_aside_tasks import Acted
from fairhand.work.projects import store as projects
from fairhand.work.tasks import acts_store as store


@dataclass(frozen=True, slots=True)
class TakeBackTasks:
    """Which tasks are taken back."""

    person_id: int
    project_id: int
    task_ids: Sequence[int]


def take_back_tasks(db: Database, command: TakeBackTasks, now: Instant) -> Acted:
    """Take tasks back; what is held for another reason too (gold, a grant that ended) stays held.

    Raises NotFoundError for an unknown project.
    """
    with db.write() as connection:
        if projects.load_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        changed = store.take_back(connection, command.project_id, command.task_ids)
        body = {"project": command.project_id, "tasks": changed}
        log.append(connection, "tasks.taken_back", body, now, command.person_id, command.project_id)
    return Acted(tuple(changed), len(set(command.task_ids)))
