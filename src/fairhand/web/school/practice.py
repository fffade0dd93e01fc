"""Spaced practice: the task that is due, feedback, and when it comes back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.clock import DAY_MS
from fairhand.core.errors import FairhandError
from fairhand.core.ids import new_token
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.answer_practice import AnswerPractice, Practised, answer_practice
from fairhand.use_cases.house import House
from fairhand.use_cases.open_practice import open_practice
from fairhand.use_cases.read_learning import read_practice_questions
from fairhand.web.school.lessons import spoken
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.sent_answers import Fields, value_of
from fairhand.web.shared.task_picture import picture_of

router = APIRouter(include_in_schema=False)


@router.get("/learn/practice")
@guard("work")
def practice(house: House, actor: Actor, request: Request) -> Response:
    """Show the practice task that is due, or when the next one comes."""
    return _show(house, actor, request, Form())


@router.post("/learn/practice")
@guard("work", form=True)
def answer(
    house: House,
    actor: Actor,
    request: Request,
    fields: Fields,
    task: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0,
    client_key: Annotated[str, Field(max_length=64)] = "",
) -> Response:
    """Tell at once whether an answer was right, and why."""
    value = value_of(read_practice_questions(house.db, actor.person_id, task), fields)
    command = AnswerPractice(actor.person_id, task, client_key, value)
    try:
        told = answer_practice(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    except FairhandError as error:
        if error.status != 422:
            raise
        return _show(house, actor, request, failed(error, {"answer": ""}))
    return _tell(house, actor, request, told)


def _show(house: House, actor: Actor, request: Request, form: Form) -> Response:
    words = words_for(actor.locale)
    sitting = open_practice(house.db, actor.person_id, house.clock(), idle_cap_ms=house.idle_cap_ms)
    task = None
    if sitting.sheet is not None and sitting.place is not None:
        is_hard = sitting.place.project.tier > 0
        task = picture_of(
            sitting.sheet, sitting.place.questions, words, is_hard=is_hard, shows=False
        )
    names = [words("Box {n}", n=box) for box in range(1, len(sitting.boxes) + 1)]
    context: dict[str, Any] = {
        **spoken(words),
        "sitting": sitting,
        "task": task,
        "client_key": new_token(),
        "told": None,
        "boxes": charts.bars(words("Tasks in each box"), names, sitting.boxes, words=words)
        if any(sitting.boxes)
        else None,
        "form": form,
    }
    return render(request, "practice.html", context, actor=actor, status=form.status)


def _tell(house: House, actor: Actor, request: Request, told: Practised) -> Response:
    words = words_for(actor.locale)
    task = picture_of(
        told.sheet,
        told.place.questions,
        words,
        known=told.known.value,
        given=told.given,
        explanation=told.known.explanation,
        is_hard=told.place.project.tier > 0,
    )
    days = max(1, round((told.comes_back - house.clock()) / DAY_MS))
    context: dict[str, Any] = {
        **spoken(words),
        "task": task,
        "told": told,
        "back": words.plural("It comes back tomorrow.", "It comes back in {n} days.", days),
        "form": Form(),
    }
    return render(request, "practice.html", context, actor=actor)
