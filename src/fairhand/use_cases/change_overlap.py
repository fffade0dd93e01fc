"""An owner changes how many people answer some tasks; never fewer than have answered already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.set_aside_tasks import Acted
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import MAX_OVERLAP
from fairhand.work.tasks import acts_store as store


@dataclass(frozen=True, slots=True)
class ChangeOverlap:
    """How many answers each of these tasks is to have."""

    person_id: int
    project_id: int
    task_ids: Sequence[int]
    wanted: int


def change_overlap(db: Database, command: ChangeOverlap, now: Instant) -> Acted:
    """Ask more people, or fewer where nobody has answered or is at it beyond that.

    Raises InvalidError for a number out of range, NotFoundError for an unknown project,
    ForbiddenError for a closed one.
    """
    if issues := check_wanted(command.wanted):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if project.mode == "closed":
            raise ForbiddenError("This project is finished; nobody is asked any more.")
        changed = store.set_overlap(connection, project.id, command.task_ids, command.wanted)
        body = {"project": project.id, "tasks": changed, "wanted": command.wanted}
        log.append(connection, "tasks.overlap_changed", body, now, command.person_id, project.id)
    return Acted(tuple(changed), len(set(command.task_ids)))


def check_wanted(wanted: int) -> list[Issue]:
    """List what is wrong with a number of answers."""
    if 1 <= wanted <= MAX_OVERLAP:
        return []
    return [Issue("wanted", f"Give a number of people from 1 to {MAX_OVERLAP}.")]
