"""What trainers read: a project's courses, what a draft still lacks, and how exams went."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.errors import Issue, NotFoundError
from fairhand.model.project import Project, Question
from fairhand.people.accounts import store as accounts
from fairhand.people.learning import store
from fairhand.people.learning.rules import (
    LEVEL,
    Gold,
    Verdict,
    chance,
    check_plan,
    check_ready,
    needed_right,
)
from fairhand.people.learning.store import Attempt, Course
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.answer_exam import verdict_of
from fairhand.use_cases.versions import version_of
from fairhand.work.gold import store as golds
from fairhand.work.gold.store import GoldTask
from fairhand.work.projects import store as projects

SKILLS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""How often right: the people for whom a draft says how likely they pass."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one exam of a person ended."""

    attempt: Attempt
    name: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class CourseSheet:
    """A course as its trainers see it; `chances` of passing by how often somebody is right."""

    project: Project
    questions: tuple[Question, ...]
    course: Course
    gold: tuple[GoldTask, ...]
    issues: tuple[Issue, ...]
    needed: int | None
    chances: tuple[tuple[float, float], ...]
    results: tuple[Result, ...] = ()
    level: float = LEVEL

    @property
    def is_outdated(self) -> bool:
        """Say whether the guidelines have changed since."""
        return self.course.project_version != self.project.version


def list_project_courses(db: Database, project_id: int) -> tuple[Project, list[Course], int]:
    """List a project's courses, newest first, and count its gold; raises NotFoundError."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        gold = golds.count_gold(connection, project_id)
        return project, store.list_courses(connection, project_id), gold


def read_course(db: Database, project_id: int, number: int) -> CourseSheet:
    """Read a course with all that its trainers need; raises NotFoundError."""
    with db.read() as connection:
        course = load_own_course(connection, project_id, number)
        project = projects.load_project(connection, project_id)
        assert project is not None  # noqa: S101  # its course was found
        gold = golds.list_gold(connection, project_id)
        exams = store.list_results(connection, course.id)
        names = accounts.names_of(connection, {one.person_id for one in exams})
        version = version_of(db, connection, project_id, course.project_version)
    plan = course.plan
    known = {one.task_id: Gold(one.task_id, one.value, one.explanation) for one in gold}
    needed = needed_right(plan.exam_asks, plan.pass_permille)
    return CourseSheet(
        project=project,
        questions=version.questions,
        course=course,
        gold=tuple(gold),
        issues=(*check_plan(plan), *check_ready(plan, known)) if course.state == "draft" else (),
        needed=needed,
        chances=()
        if needed is None
        else tuple((share, chance(needed, plan.exam_asks, share)) for share in SKILLS),
        results=tuple(
            Result(one, names.get(one.person_id, f"#{one.person_id}"), verdict_of(one))
            for one in exams
        ),
    )


def load_own_course(connection: Connection, project_id: int, number: int) -> Course:
    """Find a project's course by its number; raises NotFoundError."""
    for course in store.list_courses(connection, project_id):
        if course.number == number:
            return course
    raise NotFoundError(f"Project {project_id} has no course {number}.")
