"""A person begins an exam: its tasks are drawn now, its time is paid, and there is no clock."""

from __future__ import annotations

import random

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import ConflictError
from fairhand.people.learning import store
from fairhand.people.learning.rules import Tries, draw_exam, tries
from fairhand.people.learning.store import Attempt
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.learning_place import Place, check_may_begin, find_place, hear


def begin_exam(
    db: Database,
    person_id: int,
    course_id: int,
    now: Instant,
    *,
    rng: random.Random,
    idle_cap_ms: int,
) -> int:
    """Draw an exam's tasks and give its attempt's id; one that runs is gone on with.

    Raises ConflictError when every try is used up, or the next one may not begin yet.
    """
    with db.write() as connection:
        place = find_place(db, connection, person_id, course_id)
        running = store.find_running(connection, person_id, course_id, "exam")
        if running is not None:
            hear(connection, place, "qualify", now, idle_cap_ms)
            return running.id
        mine = store.list_attempts(connection, person_id, course_id)
        check_may_begin(connection, place, place.course.plan.exam_tasks)
        _check_tries(tries_of(place, mine), now, has_passed=_passed(connection, place, now))
        met = store.count_met(connection, person_id, place.project.id)
        gold = store.load_gold(connection, place.project.id)
        asked = [one for one in draw_exam(place.course.plan, met, rng) if one in gold]
        begun = store.start_attempt(connection, course_id, person_id, "exam", asked, now)
        assert begun is not None, "none was running"  # noqa: S101
        hear(connection, place, "qualify", now, idle_cap_ms)
        body = {"attempt": begun, "course": course_id, "person": person_id, "asks": len(asked)}
        log.append(connection, "learning.exam_begun", body, now, person_id, place.project.id)
    return begun


def tries_of(place: Place, mine: list[Attempt]) -> Tries:
    """Count a person's exams of a course."""
    ended = [
        (one.state, one.ended_at) for one in mine if one.kind == "exam" and one.ended_at is not None
    ]
    return tries(place.course.plan, ended)


def _passed(connection: Connection, place: Place, now: Instant) -> bool:
    is_at_work = place.enrolment == "active"
    return is_at_work and store.has_skill(connection, place.person_id, place.course.skill_id, now)


def _check_tries(mine: Tries, now: Instant, *, has_passed: bool) -> None:
    if has_passed:
        raise ConflictError("You have passed this exam already.", code="already_passed")
    if mine.left == 0:
        raise ConflictError(
            "You have used every try of this exam. You can appeal each result under Rights, or "
            "ask the trainer for another try.",
            code="no_tries_left",
        )
    if not mine.may_begin(now) and mine.next_at is not None:
        when = iso(mine.next_at)[:16].replace("T", " ")
        raise ConflictError(
            f"The next try may begin on {when} UTC. Practice is open until then, and paid.",
            code="too_early",
        )
