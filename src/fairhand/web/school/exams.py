"""A contributor's exam: what it takes, one question after another without a clock, the result."""

from __future__ import annotations

import random
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import ConflictError, FairhandError, ForbiddenError
from fairhand.core.ids import new_token
from fairhand.core.words import Words, words_for
from fairhand.people.accounts.rules import Actor
from fairhand.people.learning.rules import LEVEL
from fairhand.use_cases.answer_exam import AnswerExam, answer_exam
from fairhand.use_cases.begin_exam import begin_exam
from fairhand.use_cases.house import House
from fairhand.use_cases.learning_place import OVERTAKEN
from fairhand.use_cases.open_exam import ExamRoom, Question, open_exam
from fairhand.use_cases.read_learning import read_questions
from fairhand.web.school.lessons import paid_words, spoken
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.sent_answers import Fields, value_of
from fairhand.web.shared.task_picture import TaskPicture, picture_of

router = APIRouter(include_in_schema=False)

_DICE = random.SystemRandom()
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]


@router.get("/learn/{course_id:int}/exam")
@guard("work")
def exam(house: House, actor: Actor, request: Request, course_id: int) -> Response:
    """Show an exam as it stands: before it, its next question, or its result."""
    return _show(house, actor, request, course_id, Form())


@router.post("/learn/{course_id:int}/exam/begin")
@guard("work", form=True)
def begin(house: House, actor: Actor, request: Request, course_id: int) -> Response:
    """Begin an exam, or go on with the one that runs."""
    now, cap = house.clock(), house.idle_cap_ms
    try:
        begin_exam(house.db, actor.person_id, course_id, now, rng=_DICE, idle_cap_ms=cap)
    except (ConflictError, ForbiddenError) as error:
        return _show(house, actor, request, course_id, failed(error, {}))
    return RedirectResponse(f"/learn/{course_id}/exam", status_code=303)


@router.post("/learn/{course_id:int}/exam")
@guard("work", form=True)
def answer(
    house: House,
    actor: Actor,
    request: Request,
    course_id: int,
    fields: Fields,
    attempt: Number = 0,
    task: Number = 0,
    client_key: Annotated[str, Field(max_length=64)] = "",
) -> Response:
    """Keep an answer; the last one ends the exam. What was chosen stays where it does not fit."""
    value = value_of(read_questions(house.db, actor.person_id, course_id), fields)
    command = AnswerExam(actor.person_id, attempt, task, client_key, value)
    try:
        answer_exam(
            house.db, command, house.clock(), issuer=house.issuer, idle_cap_ms=house.idle_cap_ms
        )
    except FairhandError as error:
        if error.status != 422:
            raise
        return _show(house, actor, request, course_id, failed(error, {"answer": ""}))
    return RedirectResponse(f"/learn/{course_id}/exam", status_code=303)


def _show(house: House, actor: Actor, request: Request, course_id: int, form: Form) -> Response:
    words = words_for(actor.locale)
    now = house.clock()
    room = open_exam(house.db, actor.person_id, course_id, now, idle_cap_ms=house.idle_cap_ms)
    attempt = room.attempt
    context: dict[str, Any] = {
        **spoken(words),
        "room": room,
        "course": room.place.course,
        "plan": room.place.course.plan,
        "project": room.place.project,
        "running": attempt is not None and attempt.state == "running",
        "task": None if room.asked is None else _task(room, room.asked, words),
        "number": room.answered + 1,
        "of": len(attempt.asked) if attempt else room.place.course.plan.exam_asks,
        "client_key": new_token(),
        "may_begin": room.tries.may_begin(now) and not room.place.is_outdated,
        "overtaken": OVERTAKEN,
        "paid": paid_words(room.place, words),
        "review": [_task(room, one, words) for one in room.review],
        "interval": _interval(room, words),
        "form": form,
    }
    return render(request, "exam.html", context, actor=actor, status=form.status)


def _task(room: ExamRoom, one: Question, words: Words) -> TaskPicture:
    """While the exam runs nothing is known; afterwards everything is told."""
    is_over = one.given is not None or one.known is not None
    return picture_of(
        one.sheet,
        room.place.questions,
        words,
        known=one.known.value if one.known else None,
        given=one.given.value if one.given else None,
        explanation=one.known.explanation if one.known else "",
        is_hard=room.place.project.tier > 0,
        shows=is_over,
    )


def _interval(room: ExamRoom, words: Words) -> Any:  # noqa: ANN401  # markup
    verdict = room.verdict
    if verdict is None:
        return None
    share = verdict.right / max(1, verdict.of)
    least = room.place.course.plan.pass_permille / 1000
    return charts.intervals(
        words("Share of right answers, with its exact {level} interval", level=f"{LEVEL:.0%}"),
        [
            charts.Interval(words("You"), share, verdict.low, verdict.high),
            charts.Interval(words("To reach"), least, least, least),
        ],
        words=words,
    )
