"""What a person reads of their own learning: courses, how far they are, what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS, Money
from fairhand.model.project import Project, Question
from fairhand.pay.earnings.today import learning_ms_since
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.consent import store as consent
from fairhand.people.learning import store
from fairhand.people.learning.rules import Tries, needed_right, tries
from fairhand.people.learning.store import Attempt, Course
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.learning_place import find_place
from fairhand.use_cases.open_practice import practice_place
from fairhand.work.projects import store as projects

State = Literal["new", "learning", "exam", "failed", "qualified", "lapsed", "outdated"]


@dataclass(frozen=True, slots=True)
class OwnCourse:
    """A course as one person stands in it; `done` of its steps, `paid_ms` for it so far."""

    course: Course
    project: Project
    state: State
    is_at_work: bool
    done: int
    needed: int
    tries: Tries
    exam: Attempt | None
    valid_until: Instant | None
    paid_ms: int
    per_hour: Money


@dataclass(frozen=True, slots=True)
class OwnLearning:
    """A person's courses, how much practice is due, and the projects whose courses they write."""

    courses: tuple[OwnCourse, ...]
    due: int
    writes: tuple[Project, ...]


def read_learning(db: Database, actor: Actor, now: Instant) -> OwnLearning:
    """Read one's own learning over all projects."""
    with db.read() as connection:
        joined = consent.list_joined(connection, actor.person_id)
        learning = set(consent.list_learning(connection, actor.person_id))
        live = store.list_live(connection, joined)
        courses = [
            _own(connection, actor.person_id, course, project, project.id not in learning, now)
            for course in live.values()
            if (project := projects.load_project(connection, course.project_id)) is not None
        ]
        cards = store.list_cards(connection, actor.person_id)
        writes = [
            project
            for project in projects.list_projects(connection)
            if may(actor, "course.edit", project.id)
        ]
    due = sum(one.due_at <= now for one in cards)
    courses.sort(key=lambda one: (one.is_at_work, one.project.title, one.course.id))
    return OwnLearning(tuple(courses), due, tuple(writes))


def read_questions(db: Database, person_id: int, course_id: int) -> tuple[Question, ...]:
    """Read what a course asks; raises NotFoundError for a course that is not theirs."""
    with db.read() as connection:
        return find_place(db, connection, person_id, course_id).questions


def read_practice_questions(db: Database, person_id: int, task_id: int) -> tuple[Question, ...]:
    """Read what is asked of a task of one's own practice; nothing of any other task."""
    with db.read() as connection:
        card = store.load_card(connection, person_id, task_id)
        if card is None:
            return ()
        return practice_place(db, connection, person_id, card).questions


def courses_to_take(
    connection: Connection, person_id: int, project_ids: Iterable[int]
) -> dict[int, int]:
    """Give the course (by project) that a person has to take before they can work there."""
    learning = set(consent.list_learning(connection, person_id)) & set(project_ids)
    return {project: course.id for project, course in store.list_live(connection, learning).items()}


def _own(
    connection: Connection,
    person_id: int,
    course: Course,
    project: Project,
    is_at_work: bool,
    now: Instant,
) -> OwnCourse:
    mine = store.list_attempts(connection, person_id, course.id)
    lesson = next((one for one in mine if one.kind == "lesson"), None)
    exam = next((one for one in mine if one.kind == "exam"), None)
    ended = [(one.state, one.ended_at) for one in mine if one.kind == "exam" and one.ended_at]
    validity = store.load_validity(connection, person_id, [course.skill_id])
    holds = store.has_skill(connection, person_id, course.skill_id, now)
    state: State = "new"
    done = 0
    if lesson is not None and lesson.state != "void":
        finished = lesson.state == "passed"
        done = len(course.plan.steps) if finished else int(lesson.result.get("done", 0))
        state = "exam" if finished else "learning"
    if exam is not None and exam.state == "running":
        state = "exam"
    if exam is not None and exam.state == "failed":
        state = "failed"
    if course.project_version != project.version:
        state = "outdated"
    if course.skill_id in validity:
        state = "qualified" if holds else "lapsed"
    since = course.published_at or course.created_at
    return OwnCourse(
        course=course,
        project=project,
        state=state,
        is_at_work=is_at_work,
        done=done,
        needed=needed_right(course.plan.exam_asks, course.plan.pass_permille) or 0,
        tries=tries(course.plan, ended),
        exam=exam,
        valid_until=validity.get(course.skill_id),
        paid_ms=learning_ms_since(connection, person_id, project.id, since),
        per_hour=Money(project.rate_micros_per_hour // MICROS, project.currency),
    )
