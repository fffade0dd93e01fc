"""A trainer publishes a course: newcomers learn first from now on, and are paid for it."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue
from fairhand.people.learning import store
from fairhand.people.learning.rules import check_plan, check_ready
from fairhand.people.learning.store import Course
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_courses import load_own_course
from fairhand.work.projects import store as projects

NO_HARD_CONTENT: Final = (
    "A course shows no hard content: what is seen in it is not counted against people's limits. "
    "Choose harmless gold tasks for its lesson and exam."
)


def publish_course(
    db: Database, project_id: int, number: int, author_id: int, now: Instant
) -> list[Issue]:
    """Make a draft the project's live course, and retire the one before; gives warnings.

    Who works already goes on working; who has shown the skill keeps it. Raises InvalidError with
    all that keeps it from being published, ConflictError for a course that is no draft.
    """
    with db.write() as connection:
        course = load_own_course(connection, project_id, number)
        if course.state != "draft":
            raise ConflictError(f"Course {number} is {course.state} already.", code="published")
        issues = _issues(connection, course)
        if errors := [issue for issue in issues if issue.severity == "error"]:
            raise InvalidError("This course cannot be published yet.", issues=errors)
        before = store.live_course(connection, project_id)
        if before is not None:
            store.set_state(connection, before.id, "retired")
        store.set_state(connection, course.id, "live", now)
        body = {
            "course": course.id,
            "project": project_id,
            "version": course.project_version,
            "replaces": None if before is None else before.id,
        }
        log.append(connection, "course.published", body, now, author_id, project_id)
    return issues


def _issues(connection: Connection, course: Course) -> list[Issue]:
    gold = store.load_gold(connection, course.project_id)
    issues = [*check_plan(course.plan), *check_ready(course.plan, gold)]
    shown = [*course.plan.lesson_tasks, *course.plan.exam_tasks]
    if store.highest_tier(connection, shown) > 0:
        issues.append(Issue("steps", NO_HARD_CONTENT))
    project = projects.load_project(connection, course.project_id)
    if project is not None and project.version != course.project_version:
        words = "The guidelines changed since this draft. Look it through and save it again."
        issues.append(Issue("steps", words))
    return issues
