"""A contributor's lessons: which there are, and one step after another with feedback."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import ConflictError, FairhandError, ForbiddenError
from fairhand.core.words import Words, words_for
from fairhand.people.accounts.rules import Actor
from fairhand.people.learning.rules import LEVEL
from fairhand.use_cases.answer_lesson import AnswerLesson, answer_lesson
from fairhand.use_cases.house import House
from fairhand.use_cases.learning_place import OVERTAKEN, Place
from fairhand.use_cases.open_lesson import Opened, OpenLesson, open_lesson
from fairhand.use_cases.read_learning import OwnCourse, read_learning, read_questions
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import markdown, render
from fairhand.web.shared.sent_answers import Fields, value_of
from fairhand.web.shared.task_picture import TaskPicture, island_json, picture_of

router = APIRouter(include_in_schema=False)

_CLOSED = ("course_outdated", "not_funded", "learning_cap", "tier_consent")


@router.get("/learn")
@guard("own")
def learn(house: House, actor: Actor, request: Request) -> Response:
    """List one's courses with what is next, and the practice that is due."""
    words = words_for(actor.locale)
    mine = read_learning(house.db, actor, house.clock())
    context = {
        **spoken(words),
        "mine": mine,
        "pictures": {one.course.id: _picture(one, words) for one in mine.courses},
    }
    return render(request, "learn.html", context, actor=actor)


@router.get("/learn/{course_id:int}")
@guard("work")
def lesson(
    house: House, actor: Actor, request: Request, course_id: int, step: int | None = None
) -> Response:
    """Show a step of a lesson: the one that is next, or one that was done before."""
    return _show(house, actor, request, course_id, step, Form())


@router.post("/learn/{course_id:int}")
@guard("work", form=True)
def take_step(
    house: House,
    actor: Actor,
    request: Request,
    course_id: int,
    fields: Fields,
    step: Annotated[int, Field(ge=0, le=10_000)] = 0,
) -> Response:
    """Take a step as done; what was asked is told at once, right or not."""
    now, cap = house.clock(), house.idle_cap_ms
    try:
        value = value_of(read_questions(house.db, actor.person_id, course_id), fields)
        command = AnswerLesson(actor.person_id, course_id, step, value or None)
        done = answer_lesson(house.db, command, now, idle_cap_ms=cap)
    except (ConflictError, ForbiddenError) as error:
        return _closed(actor, request, error)
    except FairhandError as error:
        if error.status != 422:
            raise
        return _show(house, actor, request, course_id, step, failed(error, {"answer": ""}))
    if done.is_right is not None:
        return RedirectResponse(f"/learn/{course_id}?step={step}#told", status_code=303)
    if done.is_finished:
        return RedirectResponse(f"/learn/{course_id}/exam", status_code=303)
    return RedirectResponse(f"/learn/{course_id}?step={step + 1}", status_code=303)


def spoken(words: Words) -> dict[str, Any]:
    """Give what a page in the reader's language needs."""
    return {"_": words, "ngettext": words.plural, "lang": words.language, "island": island_json}


def paid_words(place: Place, words: Words) -> dict[str, str]:
    """Say what learning is paid here, and how much of the course's paid time is used."""
    project = place.project
    return {
        "per_hour": words.money(project.rate_micros_per_hour, project.currency),
        "paid": words.duration(place.paid_ms),
        "most": words.duration(place.course.plan.most_paid_ms),
    }


def _show(
    house: House,
    actor: Actor,
    request: Request,
    course_id: int,
    step: int | None,
    form: Form,
) -> Response:
    words = words_for(actor.locale)
    command = OpenLesson(actor.person_id, course_id, step)
    try:
        opened = open_lesson(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    except (ConflictError, ForbiddenError) as error:
        if error.code not in _CLOSED:
            raise
        return _closed(actor, request, error)
    total = len(opened.place.course.plan.steps)
    context = {
        **spoken(words),
        "opened": opened,
        "course": opened.place.course,
        "project": opened.place.project,
        "total": total,
        "task": _task(opened, words),
        "body": markdown(opened.step.body) if opened.step else "",
        "bar": charts.progress(words("Steps done"), opened.done, total, words),
        "paid": paid_words(opened.place, words),
        "overtaken": OVERTAKEN,
        "form": form,
    }
    return render(request, "lesson.html", context, actor=actor, status=form.status)


def _task(opened: Opened, words: Words) -> TaskPicture | None:
    if opened.sheet is None or opened.step is None:
        return None
    return picture_of(
        opened.sheet,
        opened.place.questions,
        words,
        known=opened.known.value if opened.known else None,
        given=opened.given.value if opened.given else None,
        explanation=opened.known.explanation if opened.known else "",
        is_hard=opened.place.project.tier > 0,
        shows=opened.known is not None,
    )


def _closed(actor: Actor, request: Request, error: FairhandError) -> Response:
    """Say why a lesson cannot go on just now, where the person can do something about it."""
    words = words_for(actor.locale)
    context = {**spoken(words), "why": error}
    return render(request, "learn_closed.html", context, actor=actor, status=error.status)


def _picture(one: OwnCourse, words: Words) -> dict[str, Any]:
    verdict = (one.exam.result.get("verdict") if one.exam else None) or None
    return {
        "lesson": charts.progress(words("Steps done"), one.done, len(one.course.plan.steps), words),
        "exam": None
        if verdict is None
        else charts.intervals(
            words("Share of right answers, with its exact {level} interval", level=f"{LEVEL:.0%}"),
            [
                charts.Interval(
                    words("Your exam"),
                    verdict["right"] / max(1, verdict["of"]),
                    verdict["low"],
                    verdict["high"],
                )
            ],
            words=words,
        ),
    }
