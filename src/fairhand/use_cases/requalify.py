"""An exam that was not passed is put right: after an appeal, or because a gold was overturned.

A part of the stories that uphold appeals; theirs is the log line. The skill and the project are
given; a credential says what an exam has shown, so this brings none.
"""

from __future__ import annotations

from dataclasses import asdict

from fairhand.core.clock import Instant
from fairhand.people.conduct import store as conduct
from fairhand.people.conduct.store import Decision
from fairhand.people.consent import store as consent
from fairhand.people.learning import store
from fairhand.people.learning.overturned import take_out_of_exams
from fairhand.people.learning.rules import LEVEL, judge_exam
from fairhand.people.learning.store import Attempt, Course
from fairhand.storage.database import Connection


def requalify(connection: Connection, decision: Decision, now: Instant) -> dict[str, object]:
    """Count the exam of a decision as passed; says which, nothing where there is none."""
    attempt = store.load_attempt(connection, int(decision.subject.get("attempt", 0)), lock=True)
    course = None if attempt is None else store.load_course(connection, attempt.course_id)
    if attempt is None or course is None:
        return {}
    result = {**attempt.result, "put_right_by": decision.id}
    _pass(connection, attempt, course, result, now)
    return {"attempt": attempt.id, "skill": course.skill_id}


def exams_put_right(connection: Connection, task_id: int, now: Instant) -> list[Decision]:
    """Judge exams again without a gold task; list the decisions that do not hold any more."""
    from fairhand.quality.watch.intervals import exact_interval

    mended = []
    for attempt_id in take_out_of_exams(connection, task_id):
        attempt = store.load_attempt(connection, attempt_id, lock=True)
        course = None if attempt is None else store.load_course(connection, attempt.course_id)
        if attempt is None or course is None:
            continue
        answers = store.list_answers(connection, attempt.id)
        right = [one in answers and answers[one].is_right for one in attempt.asked]
        low, high = exact_interval(sum(right), len(right), LEVEL)
        verdict = judge_exam(course.plan, right, float(low), float(high))
        decided = conduct.find_decision(connection, f"exam-{attempt.id}-failed")
        found = None if decided is None else conduct.load_decision(connection, decided)
        if verdict.passed and found is not None:
            _pass(connection, attempt, course, {**attempt.result, "verdict": asdict(verdict)}, now)
            mended.append(found)
    return mended


def _pass(
    connection: Connection,
    attempt: Attempt,
    course: Course,
    result: dict[str, object],
    now: Instant,
) -> None:
    valid_ms = course.plan.valid_ms
    until = None if valid_ms is None else Instant(now + valid_ms)
    store.end_attempt(connection, attempt.id, "passed", result, attempt.ended_at or now)
    store.show_skill(connection, attempt.person_id, course.skill_id, attempt.id, until, now)
    consent.move_enrolment(connection, attempt.person_id, course.project_id, "learning", "active")
