"""The API of learning: one's own courses and exams, and a project's courses for its trainers."""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant, iso
from fairhand.people.accounts.rules import Actor
from fairhand.people.learning.rules import CoursePlan, Step, Verdict
from fairhand.people.learning.store import Course
from fairhand.use_cases.answer_exam import AnswerExam, Examined, answer_exam
from fairhand.use_cases.begin_exam import begin_exam
from fairhand.use_cases.draft_course import DraftCourse, draft_course
from fairhand.use_cases.house import House
from fairhand.use_cases.open_exam import ExamRoom, open_exam, read_exam
from fairhand.use_cases.publish_course import publish_course
from fairhand.use_cases.read_courses import list_project_courses, read_course
from fairhand.use_cases.read_learning import read_learning
from fairhand.use_cases.retire_course import retire_course
from fairhand.use_cases.save_course import SaveCourse, save_course
from fairhand.use_cases.void_exam import void_exam
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute
from fairhand.web.shared.task_view import SHOWN

router = APIRouter(prefix="/api/v1", tags=["learning"], route_class=StrictRoute)
_DICE = random.SystemRandom()


class DraftCourseBody(Body):
    """Draft from guidelines and gold; `from_last` takes the newest course over instead."""

    from_last: bool = False


class StepBody(Body):
    """A step: `text` (Markdown in `body`), or a gold task as an `example` or for `practice`."""

    kind: str = Field(max_length=10)
    title: str = Field(default="", max_length=200)
    body: str = Field(default="", max_length=20_000)
    task_id: Id | None = None


class CourseBody(Body):
    """A draft as it shall be; `valid_days` null: a pass holds for good."""

    title: str = Field(max_length=200)
    skill: str = Field(max_length=100)
    steps: list[StepBody] = Field(max_length=500)
    exam_tasks: list[Id] = Field(max_length=5_000)
    exam_asks: int = Field(ge=0, le=10_000)
    pass_percent: float = Field(default=60, ge=0, le=100)
    retakes: int = Field(default=2, ge=0, le=1_000)
    retake_after_hours: float = Field(default=24, ge=0, le=10**6)
    valid_days: float | None = Field(default=None, ge=0, le=10**6)
    most_paid_hours: float = Field(default=4, ge=0, le=10**4)


class ExamAnswerBody(Body):
    """The answer to a task of an exam; `client_key` makes a retry count once."""

    task_id: Id
    client_key: str = Field(max_length=64)
    value: dict[str, Any]


class VoidBody(Body):
    """Why an exam counts for nothing; the person reads it."""

    reason: str = Field(max_length=5_000)


@router.get("/me/courses")
@guard("own")
def mine(house: House, actor: Actor) -> Response:
    """List your courses: how far you are, what an exam takes, until when a pass holds."""
    own = read_learning(house.db, actor, house.clock())
    rows = [
        {
            "id": one.course.id,
            "project_id": one.project.id,
            "title": one.course.plan.title,
            "skill": one.course.plan.skill,
            "state": one.state,
            "steps": len(one.course.plan.steps),
            "steps_done": one.done,
            "exam": {"asks": one.course.plan.exam_asks, "needed": one.needed},
            "tries_left": one.tries.left,
            "next_try_at": _when(one.tries.next_at),
            "valid_until": _when(one.valid_until),
            "paid_ms": one.paid_ms,
        }
        for one in own.courses
    ]
    return reply({"courses": rows, "practice_due": own.due})


@router.get("/courses/{course_id}/exam")
@guard("work")
def exam(house: House, actor: Actor, course_id: int) -> Response:
    """Show your exam of a course: what it takes, the question that is next, or its result."""
    room = open_exam(
        house.db, actor.person_id, course_id, house.clock(), idle_cap_ms=house.idle_cap_ms
    )
    return reply(_room_json(room))


@router.post("/courses/{course_id}/exam", status_code=201)
@guard("work")
def begin(house: House, actor: Actor, course_id: int) -> Response:
    """Begin an exam, or go on with the one that runs; its time is paid, and there is no clock."""
    now, cap = house.clock(), house.idle_cap_ms
    begin_exam(house.db, actor.person_id, course_id, now, rng=_DICE, idle_cap_ms=cap)
    room = open_exam(house.db, actor.person_id, course_id, now, idle_cap_ms=cap)
    return reply(_room_json(room), 201)


@router.get("/exams/{attempt_id}")
@guard("own")
def one_exam(house: House, actor: Actor, attempt_id: int) -> Response:
    """Show one of your exams, also an earlier one: each answer, what is right, and why."""
    _, room = read_exam(house.db, actor.person_id, attempt_id)
    return reply(_room_json(room))


@router.post("/exams/{attempt_id}/answers")
@guard("work")
def answer(house: House, actor: Actor, attempt_id: int, body: ExamAnswerBody) -> Response:
    """Answer a question; the last answer ends the exam and tells how it went."""
    command = AnswerExam(actor.person_id, attempt_id, body.task_id, body.client_key, body.value)
    done = answer_exam(
        house.db, command, house.clock(), issuer=house.issuer, idle_cap_ms=house.idle_cap_ms
    )
    return reply(_examined_json(done))


@router.get("/projects/{project_id}/courses")
@guard("course.edit")
def of_project(house: House, actor: Actor, project_id: int) -> Response:
    """List a project's courses, the newest first."""
    project, found, gold = list_project_courses(house.db, project_id)
    rows = [course_json(one) for one in found]
    return reply({"courses": rows, "gold": gold, "project_version": project.version})


@router.post("/projects/{project_id}/courses", status_code=201)
@guard("course.edit")
def draft(house: House, actor: Actor, project_id: int, body: DraftCourseBody) -> Response:
    """Draft a course from the guidelines and gold tasks."""
    command = DraftCourse(actor.person_id, project_id, copy=body.from_last)
    return reply(course_json(draft_course(house.db, command, house.clock())), 201)


@router.get("/projects/{project_id}/courses/{number}")
@guard("course.edit")
def show(house: House, actor: Actor, project_id: int, number: int) -> Response:
    """Show a course with what a draft still lacks, the chance to pass, and how exams went."""
    sheet = read_course(house.db, project_id, number)
    results = [
        {
            "attempt_id": one.attempt.id,
            "person_id": one.attempt.person_id,
            "name": one.name,
            "state": one.attempt.state,
            "verdict": verdict_json(one.verdict),
            "started_at": iso(one.attempt.started_at),
            "ended_at": _when(one.attempt.ended_at),
        }
        for one in sheet.results
    ]
    told = {
        "issues": [asdict(issue) for issue in sheet.issues],
        "needed": sheet.needed,
        "chances": [{"right": share, "passes": chance} for share, chance in sheet.chances],
        "results": results,
    }
    return reply(course_json(sheet.course) | told)


@router.put("/projects/{project_id}/courses/{number}")
@guard("course.edit")
def save(house: House, actor: Actor, project_id: int, number: int, body: CourseBody) -> Response:
    """Write a draft anew."""
    plan = CoursePlan(
        title=body.title,
        skill=body.skill,
        steps=tuple(
            Step(one.kind, one.title, one.body, one.task_id)  # type: ignore[arg-type]  # checked
            for one in body.steps
        ),
        exam_tasks=tuple(dict.fromkeys(body.exam_tasks)),
        exam_asks=body.exam_asks,
        pass_permille=round(10 * body.pass_percent),
        retakes=body.retakes,
        retake_after_ms=round(HOUR_MS * body.retake_after_hours),
        valid_ms=None if body.valid_days is None else round(DAY_MS * body.valid_days),
        most_paid_ms=round(HOUR_MS * body.most_paid_hours),
    )
    command = SaveCourse(actor.person_id, project_id, number, plan)
    save_course(house.db, command, house.clock())
    return reply(course_json(read_course(house.db, project_id, number).course))


@router.post("/projects/{project_id}/courses/{number}/publish")
@guard("course.edit")
def publish(house: House, actor: Actor, project_id: int, number: int) -> Response:
    """Let newcomers take this course first from now on."""
    warnings = publish_course(house.db, project_id, number, actor.person_id, house.clock())
    return reply({"state": "live", "warnings": [asdict(one) for one in warnings]})


@router.post("/projects/{project_id}/courses/{number}/retire")
@guard("course.edit")
def retire(house: House, actor: Actor, project_id: int, number: int) -> Response:
    """Take a live course away: who was learning may work at once."""
    free = retire_course(house.db, project_id, number, actor.person_id, house.clock())
    return reply({"state": "retired", "people": free})


@router.post("/projects/{project_id}/exams/{attempt_id}/void")
@guard("course.edit")
def void(house: House, actor: Actor, project_id: int, attempt_id: int, body: VoidBody) -> Response:
    """Declare a failed exam void, with a reason: there is a new try."""
    void_exam(house.db, project_id, attempt_id, body.reason, actor.person_id, house.clock())
    return reply({"attempt_id": attempt_id, "state": "void"})


def course_json(one: Course) -> dict[str, Any]:
    """Write a course as its trainers see it."""
    plan = one.plan
    return {
        "number": one.number,
        "id": one.id,
        "project_id": one.project_id,
        "project_version": one.project_version,
        "state": one.state,
        "title": plan.title,
        "skill": plan.skill,
        "skill_id": one.skill_id,
        "steps": [asdict(step) for step in plan.steps],
        "exam_tasks": list(plan.exam_tasks),
        "exam_asks": plan.exam_asks,
        "pass_percent": plan.pass_permille / 10,
        "retakes": plan.retakes,
        "retake_after_hours": plan.retake_after_ms / HOUR_MS,
        "valid_days": None if plan.valid_ms is None else plan.valid_ms / DAY_MS,
        "most_paid_hours": plan.most_paid_ms / HOUR_MS,
        "created_at": iso(one.created_at),
        "published_at": _when(one.published_at),
    }


def verdict_json(verdict: Verdict | None) -> dict[str, Any] | None:
    """Write how an exam was judged, with its exact interval."""
    if verdict is None:
        return None
    return asdict(verdict) | {"passed": verdict.passed}


def _room_json(room: ExamRoom) -> dict[str, Any]:
    attempt = room.attempt
    return {
        "course_id": room.place.course.id,
        "attempt_id": attempt.id if attempt else None,
        "state": attempt.state if attempt else "new",
        "asks": len(attempt.asked) if attempt else room.place.course.plan.exam_asks,
        "needed": room.needed,
        "answered": room.answered,
        "tries_left": room.tries.left,
        "next_try_at": _when(room.tries.next_at),
        "task": None
        if room.asked is None
        else {
            "task_id": room.asked.sheet.task.id,
            "data": {
                name: value for name, value in room.asked.sheet.task.data.items() if name in SHOWN
            },
            "media": room.asked.sheet.task.media.sha256 if room.asked.sheet.task.media else None,
            "questions": [asdict(one) for one in room.place.questions],
        },
        "verdict": verdict_json(room.verdict),
        "review": [
            {
                "task_id": one.sheet.task.id,
                "given": one.given.value if one.given else None,
                "is_right": one.given.is_right if one.given else None,
                "known": one.known.value if one.known else None,
                "explanation": one.known.explanation if one.known else "",
            }
            for one in room.review
        ],
    }


def _examined_json(done: Examined) -> dict[str, Any]:
    return {
        "attempt_id": done.attempt_id,
        "course_id": done.course_id,
        "state": done.state,
        "answered": done.answered,
        "of": done.of,
        "verdict": verdict_json(done.verdict),
        "message": done.words,
    }


def _when(at: Instant | None) -> str | None:
    return None if at is None else iso(at)
