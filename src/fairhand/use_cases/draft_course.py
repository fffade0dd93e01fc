"""A trainer drafts a course: from the guidelines and gold tasks, or from the course before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.learning import store
from fairhand.people.learning.rules import compose
from fairhand.people.learning.store import Course
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class DraftCourse:
    """For which project; `copy` takes over the newest course instead of writing one anew."""

    author_id: int
    project_id: int
    copy: bool = False


def draft_course(db: Database, command: DraftCourse, now: Instant) -> Course:
    """Add a draft for the project's present guidelines; raises NotFoundError."""
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        gold = store.load_gold(connection, project.id)
        before = store.list_courses(connection, project.id) if command.copy else []
        if before:
            plan = before[0].plan
            kept = tuple(one for one in plan.steps if one.task_id is None or one.task_id in gold)
            pool = tuple(one for one in plan.exam_tasks if one in gold)
            plan = replace(plan, steps=kept, exam_tasks=pool)
        else:
            version = version_of(db, connection, project.id, project.version)
            plan = compose(project.title, version.guidelines, list(gold.values()))
        course_id = store.add_course(
            connection, project.id, project.version, plan, command.author_id, now
        )
        body = {"course": course_id, "project": project.id, "version": project.version}
        log.append(connection, "course.drafted", body, now, command.author_id, project.id)
        made = store.load_course(connection, course_id)
    assert made is not None  # noqa: S101  # it was added above
    return made
