"""A contributor's own newest answers, with a door to a second pair of eyes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_reviews import list_own_answers
from fairhand.use_cases.versions import current_version
from fairhand.use_cases.wish_review import WishReview, wish_review
from fairhand.web.shared.answer_words import answers_in_words
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/work/{project_id:int}/answers")
@guard("work")
def own_answers(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show what one answered lately."""
    return _show(house, actor, request, project_id, Form())


@router.post("/work/{project_id:int}/answers/{annotation_id:int}/wish")
@guard("work", form=True)
def wish(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    annotation_id: int,
    words: Annotated[str, Field(max_length=20_000)] = "",
) -> Response:
    """Ask for a second look at one's own answer."""
    try:
        command = WishReview(actor.person_id, annotation_id, words)
        wish_review(house.db, command, house.clock())
    except InvalidError as error:
        return _show(house, actor, request, project_id, failed(error, {"words": words}))
    return RedirectResponse(f"/work/{project_id}/answers#a{annotation_id}", status_code=303)


def _show(house: House, actor: Actor, request: Request, project_id: int, form: Form) -> Response:
    words = words_for(actor.locale)
    found = list_own_answers(house.db, actor.person_id, project_id)
    project = read_project(house.db, project_id)
    rows = []
    for one in found:
        try:
            asked = current_version(house.db, project_id, one.version).questions
        except NotFoundError:  # an answer of a version that is gone says itself
            asked = ()
        rows.append((one, answers_in_words(asked, one.value)))
    context = {
        "_": words,
        "project": project,
        "answers": rows,
        "form": form,
    }
    return render(request, "own_answers.html", context, actor=actor, status=form.status)
