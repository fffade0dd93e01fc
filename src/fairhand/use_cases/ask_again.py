"""An owner doubts a label: one more person is asked, whatever the posterior says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.assignment import store as queue
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import MAX_OVERLAP


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Which tasks are asked once more."""

    person_id: int
    project_id: int
    task_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """How many of the tasks were opened; the others were open already, gold, or had everybody."""

    opened: int
    of: int


def ask_again(db: Database, command: AskAgain, now: Instant) -> AskedAgain:
    """Open one more place in each task that is full; doing it twice asks one person, not two.

    Raises NotFoundError for an unknown project, ForbiddenError for a closed one.
    """
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if project.mode == "closed":
            raise ForbiddenError("This project is finished; nobody is asked any more.")
        wanted = sorted(set(command.task_ids))
        opened = [
            task_id
            for task_id in wanted
            if queue.ask_again(connection, project.id, task_id, MAX_OVERLAP)
        ]
        body = {"project": project.id, "tasks": opened}
        log.append(connection, "tasks.asked_again", body, now, command.person_id, project.id)
    return AskedAgain(len(opened), len(wanted))
