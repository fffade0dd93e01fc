"""A person opens an exam: what it takes, the question that is next, or how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.learning import store
from fairhand.people.learning.rules import Gold, Tries, Verdict, needed_right
from fairhand.people.learning.store import Attempt, Given
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.answer_exam import verdict_of
from fairhand.use_cases.begin_exam import tries_of
from fairhand.use_cases.learning_place import Place, find_place, hear, load_sheet, void_outdated
from fairhand.work.projects.store import TaskSheet


@dataclass(frozen=True, slots=True)
class Question:
    """A task as it was asked; `given` and `known` once the exam has ended."""

    sheet: TaskSheet
    given: Given | None = None
    known: Gold | None = None


@dataclass(frozen=True, slots=True)
class ExamRoom:
    """What a person sees of an exam: before it, in the middle of it, and after."""

    place: Place
    needed: int
    tries: Tries
    attempt: Attempt | None
    answered: int
    asked: Question | None
    verdict: Verdict | None
    review: tuple[Question, ...] = ()
    lesson_done: bool = False
    holds: bool = False
    valid_until: Instant | None = None


def open_exam(
    db: Database, person_id: int, course_id: int, now: Instant, *, idle_cap_ms: int
) -> ExamRoom:
    """Show the exam of a course as it stands for a person; while it runs, time is counted.

    Raises NotFoundError for a course that is not theirs.
    """
    with db.write() as connection:
        place = find_place(db, connection, person_id, course_id)
        mine = store.list_attempts(connection, person_id, course_id)
        if void_outdated(connection, place, _exam(mine), now):
            mine = store.list_attempts(connection, person_id, course_id)
        attempt = _exam(mine)
        if attempt is not None and attempt.state == "running":
            hear(connection, place, "qualify", now, idle_cap_ms)
        return _room(connection, place, mine, attempt, now)


def read_exam(db: Database, person_id: int, attempt_id: int) -> tuple[Attempt, ExamRoom]:
    """Read one's own exam, also an earlier one; raises NotFoundError for anybody else's."""
    with db.read() as connection:
        attempt = store.load_attempt(connection, attempt_id)
        if attempt is None or attempt.person_id != person_id or attempt.kind != "exam":
            raise NotFoundError(f"There is no exam {attempt_id} of yours.")
        place = find_place(db, connection, person_id, attempt.course_id)
        mine = store.list_attempts(connection, person_id, attempt.course_id)
        return attempt, _room(connection, place, mine, attempt, attempt.started_at)


def _exam(mine: list[Attempt]) -> Attempt | None:
    return next((one for one in mine if one.kind == "exam"), None)


def _room(
    connection: Connection,
    place: Place,
    mine: list[Attempt],
    attempt: Attempt | None,
    now: Instant,
) -> ExamRoom:
    plan, course = place.course.plan, place.course
    answers = store.list_answers(connection, attempt.id) if attempt else {}
    asked: Question | None = None
    review: tuple[Question, ...] = ()
    if attempt is not None and attempt.state == "running":
        open_task = next((one for one in attempt.asked if one not in answers), None)
        asked = None if open_task is None else Question(load_sheet(connection, place, open_task))
    elif attempt is not None and attempt.state in ("passed", "failed"):
        review = _review(connection, place, attempt, answers)
    validity = store.load_validity(connection, place.person_id, [course.skill_id])
    of = len(attempt.asked) if attempt and attempt.state == "running" else plan.exam_asks
    return ExamRoom(
        place=place,
        needed=needed_right(of, plan.pass_permille) or of,
        tries=tries_of(place, mine),
        attempt=attempt,
        answered=len(answers),
        asked=asked,
        verdict=verdict_of(attempt) if attempt else None,
        review=review,
        lesson_done=any(one.kind == "lesson" and one.state == "passed" for one in mine),
        holds=store.has_skill(connection, place.person_id, course.skill_id, now),
        valid_until=validity.get(course.skill_id),
    )


def _review(
    connection: Connection, place: Place, attempt: Attempt, answers: dict[int, Given]
) -> tuple[Question, ...]:
    gold = store.load_gold(connection, place.project.id)
    return tuple(
        Question(load_sheet(connection, place, task_id), answers.get(task_id), gold.get(task_id))
        for task_id in attempt.asked
    )
