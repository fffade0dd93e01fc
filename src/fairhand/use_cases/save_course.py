"""A trainer changes a draft: its steps, its exam, what passing takes."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.people.learning import store
from fairhand.people.learning.rules import CoursePlan, check_plan
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.read_courses import load_own_course
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class SaveCourse:
    """Which draft, and how it shall be."""

    author_id: int
    project_id: int
    number: int
    plan: CoursePlan


def save_course(db: Database, command: SaveCourse, now: Instant) -> None:
    """Keep a draft as it was written; it is for the guidelines as they are now.

    Raises InvalidError naming each field, ConflictError for a course that is published.
    """
    if issues := check_plan(command.plan):
        raise InvalidError("This course cannot be kept so.", issues=issues)
    with db.write() as connection:
        course = load_own_course(connection, command.project_id, command.number)
        project = projects.load_project(connection, command.project_id)
        assert project is not None  # noqa: S101  # its course was found
        if not store.save_draft(connection, course.id, project.version, command.plan):
            raise ConflictError(
                "A published course is not edited: people have been told what it takes. Make a "
                "new one from it.",
                code="published",
            )
        body = {"course": course.id, "project": project.id, "version": project.version}
        log.append(connection, "course.changed", body, now, command.author_id, project.id)
