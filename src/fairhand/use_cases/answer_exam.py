"""A person answers a question of an exam; the last answer ends it, and says passed or not yet.

Passing shows the skill, opens the project and brings a signed credential. Not passing is a decision
that is written down with what would have passed, and can be appealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, NotFoundError
from fairhand.core.systems import require_registered
from fairhand.model.decision import NewDecision
from fairhand.people.conduct import store as conduct
from fairhand.people.consent import store as consent
from fairhand.people.learning import store
from fairhand.people.learning.rules import (
    EXAM,
    FAILED,
    LEVEL,
    WOULD_HAVE_PASSED,
    AttemptState,
    Verdict,
    judge_exam,
    next_box,
)
from fairhand.people.learning.store import Attempt, Given
from fairhand.people.talent.badge import Shown
from fairhand.people.talent.keys import Issuer
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.issue_credential import NewCredential, issue_credential
from fairhand.use_cases.learning_place import (
    OVERTAKEN,
    QUESTION_MOST_MS,
    Place,
    find_place,
    hear,
    judge,
    load_sheet,
    void_outdated,
)
from fairhand.use_cases.note_decision import note_decision
from fairhand.work.annotations.rules import check_client_key


@dataclass(frozen=True, slots=True)
class AnswerExam:
    """What was answered to which task of an exam; `client_key` makes a retry count once."""

    person_id: int
    attempt_id: int
    task_id: int
    client_key: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Examined:
    """How far the exam is; `verdict` once it has ended, `state` as the attempt stands."""

    attempt_id: int
    course_id: int
    state: str
    answered: int
    of: int
    verdict: Verdict | None = None
    words: str = ""


def answer_exam(
    db: Database,
    command: AnswerExam,
    now: Instant,
    *,
    issuer: Issuer,
    idle_cap_ms: int,
) -> Examined:
    """Keep an answer; after the last one, judge the exam and do what follows from it.

    Raises InvalidError for an answer that does not fit (nothing is kept), ConflictError for a task
    that is not asked in this exam, ForbiddenError for somebody else's exam.
    """
    if issues := check_client_key(command.client_key):
        raise ConflictError(issues[0].message, issues=issues)
    with db.write() as connection:
        attempt = _load(connection, command)
        place = find_place(db, connection, command.person_id, attempt.course_id)
        if void_outdated(connection, place, attempt, now):
            hear(connection, place, "qualify", now, max(idle_cap_ms, QUESTION_MOST_MS))
            return Examined(
                attempt.id, place.course.id, "void", 0, len(attempt.asked), None, OVERTAKEN
            )
        if attempt.state != "running":
            return _as_it_ended(connection, attempt)
        if command.task_id not in attempt.asked:
            raise ConflictError("This task is not asked in this exam.", code="not_asked")
        hear(connection, place, "qualify", now, max(idle_cap_ms, QUESTION_MOST_MS))
        _keep(connection, place, attempt, command, now)
        answers = store.list_answers(connection, attempt.id)
        verdict = None
        if answers.keys() >= set(attempt.asked):
            verdict = _end(connection, place, attempt, answers, issuer, now)
        body = {
            "attempt": attempt.id,
            "course": place.course.id,
            "person": place.person_id,
            "task": command.task_id,
            "ended": None if verdict is None else ("passed" if verdict.passed else "failed"),
            **conduct.decided(connection, place.project.id, now),
        }
        log.append(
            connection, "learning.exam_answered", body, now, place.person_id, place.project.id
        )
    state = "running" if verdict is None else "passed" if verdict.passed else "failed"
    return Examined(attempt.id, place.course.id, state, len(answers), len(attempt.asked), verdict)


def _load(connection: Connection, command: AnswerExam) -> Attempt:
    attempt = store.load_attempt(connection, command.attempt_id, lock=True)
    if attempt is None or attempt.kind != "exam":
        raise NotFoundError(f"There is no exam {command.attempt_id}.")
    if attempt.person_id != command.person_id:
        raise ForbiddenError("This exam is somebody else's.", code="not_your_exam")
    return attempt


def _as_it_ended(connection: Connection, attempt: Attempt) -> Examined:
    answered = len(store.list_answers(connection, attempt.id))
    verdict = verdict_of(attempt)
    of = len(attempt.asked)
    return Examined(attempt.id, attempt.course_id, attempt.state, answered, of, verdict)


def verdict_of(attempt: Attempt) -> Verdict | None:
    """Read how an exam was judged; None while it runs, and for a void one."""
    told = attempt.result.get("verdict")
    return None if told is None else Verdict(**told)


def _keep(
    connection: Connection, place: Place, attempt: Attempt, command: AnswerExam, now: Instant
) -> None:
    """Keep the answer; to a gold task that was taken back meanwhile, any answer is right."""
    gold = store.load_gold(connection, place.project.id).get(command.task_id)
    sheet = load_sheet(connection, place, command.task_id)
    value, is_right = judge(place, sheet, gold.value if gold else {}, command.value)
    given = Given(command.task_id, command.client_key, value, is_right, now)
    store.add_answer(connection, attempt.id, given)


def _end(
    connection: Connection,
    place: Place,
    attempt: Attempt,
    answers: Mapping[int, Given],
    issuer: Issuer,
    now: Instant,
) -> Verdict:
    from fairhand.quality.watch.intervals import exact_interval

    right = [answers[task_id].is_right for task_id in attempt.asked]
    low, high = exact_interval(sum(right), len(right), LEVEL)
    verdict = judge_exam(place.course.plan, right, float(low), float(high))
    state: AttemptState = "passed" if verdict.passed else "failed"
    result = {**attempt.result, "verdict": asdict(verdict)}
    store.end_attempt(connection, attempt.id, state, result, now)
    for task_id in attempt.asked:  # what was asked may be looked at now, and is practice
        box, due = next_box(1, is_right=answers[task_id].is_right, now=now)
        store.put_card(connection, place.person_id, place.course.id, task_id, box, due, now)
    if verdict.passed:
        _qualify(connection, place, attempt, verdict, issuer, now)
    else:
        note_decision(connection, _decision(place, attempt, verdict), now)
    return verdict


def _qualify(
    connection: Connection,
    place: Place,
    attempt: Attempt,
    verdict: Verdict,
    issuer: Issuer,
    now: Instant,
) -> None:
    plan = place.course.plan
    until = None if plan.valid_ms is None else Instant(now + plan.valid_ms)
    skill_id = place.course.skill_id
    store.show_skill(connection, place.person_id, skill_id, attempt.id, until, now)
    consent.move_enrolment(connection, place.person_id, place.project.id, "learning", "active")
    new = NewCredential(
        person_id=place.person_id,
        skill_id=skill_id,
        criteria=(
            f"Passed the exam of the course “{plan.title}”: {verdict.needed} of {verdict.of} tasks "
            "with a known answer had to be answered right, drawn at random, without a time limit."
        ),
        attempt_id=attempt.id,
        shown=Shown(verdict.right, verdict.of, int(verdict.low * 1000), place.paid_ms),
        valid_until=until,
    )
    issue_credential(connection, new, issuer, now)


def _decision(place: Place, attempt: Attempt, verdict: Verdict) -> NewDecision:
    return NewDecision(
        person_id=place.person_id,
        project_id=place.project.id,
        kind="not_qualified",
        reason=FAILED,
        counterfactual=WOULD_HAVE_PASSED,
        inputs={
            "attempt": attempt.id,
            "course": place.course.id,
            "tasks": list(attempt.asked),
            "verdict": asdict(verdict),
        },
        client_key=f"exam-{attempt.id}-failed",
        values={**asdict(verdict), "course": place.course.plan.title},
        weights=[("right answers", verdict.right), ("right answers needed", verdict.needed)],
        subject={"attempt": attempt.id, "course": place.course.id},
        system=EXAM,
        system_version=require_registered(EXAM).version,
        behind=[place.course.author_id],
    )
