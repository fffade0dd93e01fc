"""An owner takes a gold task back: it becomes a task like any other."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.proof.log import store as log
from fairhand.quality import store as quality
from fairhand.storage.database import Database
from fairhand.use_cases.stand_again import stand_again
from fairhand.work.gold import store
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class UnmarkGold:
    """Which task is no longer gold."""

    author_id: int
    project_id: int
    task_id: int


def unmark_gold(db: Database, command: UnmarkGold, now: Instant) -> None:
    """Forget a known answer; what people answered stays and is aggregated like any other answer.

    Raises NotFoundError when the task is not gold.
    """
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        wanted = project.min_overlap if project else 1
        if not store.unmark(connection, command.project_id, command.task_id, wanted):
            raise NotFoundError(
                f"Task {command.task_id} is not a gold task of project {command.project_id}."
            )
        quality.aggregate_again(connection, [command.task_id])
        stand_again(connection, command.project_id, command.task_id, now)
        body = {"project": command.project_id, "task": command.task_id}
        log.append(connection, "gold.unmarked", body, now, command.author_id, command.project_id)
