"""A person opens a step of a lesson: it begins with the first, and its time is paid."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.learning import store
from fairhand.people.learning.rules import Gold, Step
from fairhand.people.learning.store import Attempt, Given
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.learning_place import (
    Place,
    check_may_begin,
    find_place,
    hear,
    load_sheet,
    void_outdated,
)
from fairhand.work.projects.store import TaskSheet


@dataclass(frozen=True, slots=True)
class OpenLesson:
    """Who opens which step; without one, the first that is not done."""

    person_id: int
    course_id: int
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A step as the person sees it. `known` is there once it may be seen.

    `done` of the steps are done; `is_void` when the guidelines changed meanwhile.
    """

    place: Place
    number: int
    step: Step | None
    done: int
    is_finished: bool
    sheet: TaskSheet | None = None
    known: Gold | None = None
    given: Given | None = None
    is_void: bool = False


def open_lesson(db: Database, command: OpenLesson, now: Instant, *, idle_cap_ms: int) -> Opened:
    """Show a step of a lesson, and begin it where the person has not yet.

    Raises NotFoundError for a course that is not theirs, ConflictError when it cannot be paid.
    """
    with db.write() as connection:
        place = find_place(db, connection, command.person_id, command.course_id)
        attempt = _latest(connection, place)
        if void_outdated(connection, place, attempt, now):
            return Opened(place, 0, None, 0, is_finished=False, is_void=True)
        plan = place.course.plan
        if attempt is None or attempt.state == "void":
            check_may_begin(connection, place, plan.lesson_tasks)
            begun = store.start_attempt(
                connection, place.course.id, place.person_id, "lesson", plan.lesson_tasks, now
            )
            _deal(connection, place, now)
            body = {"attempt": begun, "course": place.course.id, "person": place.person_id}
            kind = "learning.lesson_begun"
            log.append(connection, kind, body, now, place.person_id, place.project.id)
            attempt = _latest(connection, place)
        elif attempt.state == "running":
            check_may_begin(connection, place, plan.lesson_tasks)
        assert attempt is not None  # noqa: S101  # it was begun above
        if not place.is_outdated and place.left_ms:
            hear(connection, place, "train", now, idle_cap_ms)
        return _step(connection, place, attempt, command.step)


def _latest(connection: Connection, place: Place) -> Attempt | None:
    mine = store.list_attempts(connection, place.person_id, place.course.id)
    return next((one for one in mine if one.kind == "lesson"), None)


def _deal(connection: Connection, place: Place, now: Instant) -> None:
    """From now on the person may know these answers: they are practice, and no gold for them."""
    for task_id in place.course.plan.lesson_tasks:
        if store.load_card(connection, place.person_id, task_id) is None:
            due = Instant(now + DAY_MS)
            store.put_card(connection, place.person_id, place.course.id, task_id, 1, due, now)


def _step(connection: Connection, place: Place, attempt: Attempt, wanted: int | None) -> Opened:
    steps = place.course.plan.steps
    is_finished = attempt.state == "passed"
    done = len(steps) if is_finished else int(attempt.result.get("done", 0))
    number = min(done, len(steps) - 1) if wanted is None else wanted
    number = max(0, min(number, done, len(steps) - 1))
    step = steps[number]
    if step.task_id is None:
        return Opened(place, number, step, done, is_finished)
    given = store.list_answers(connection, attempt.id).get(step.task_id)
    shows = step.kind == "example" or given is not None or number < done
    gold = store.load_gold(connection, place.project.id).get(step.task_id)
    sheet = load_sheet(connection, place, step.task_id)
    known = gold if shows else None
    return Opened(place, number, step, done, is_finished, sheet, known, given)
