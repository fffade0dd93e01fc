"""An owner sets tasks aside: nobody is asked about them, and no release holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.projects import store as projects
from fairhand.work.tasks import acts_store as store


@dataclass(frozen=True, slots=True)
class SetAsideTasks:
    """Which tasks are set aside."""

    person_id: int
    project_id: int
    task_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Acted:
    """The tasks that changed, of how many; the others were so already, or could not."""

    tasks: tuple[int, ...]
    of: int


def set_aside_tasks(db: Database, command: SetAsideTasks, now: Instant) -> Acted:
    """Set tasks aside, until they are taken back; what people answered is kept and was paid.

    Who has one on screen may finish it. Raises NotFoundError for an unknown project.
    """
    with db.write() as connection:
        if projects.load_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        changed = store.set_aside(connection, command.project_id, command.task_ids, now)
        body = {"project": command.project_id, "tasks": changed}
        log.append(connection, "tasks.set_aside", body, now, command.person_id, command.project_id)
    return Acted(tuple(changed), len(set(command.task_ids)))
