"""What a person says of themselves, so that unfair effects are found; theirs to take back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import InvalidError
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.people.conduct.impact import QUESTIONS
from fairhand.people.conduct.monitoring import K
from fairhand.use_cases.declare_groups import declare_groups, read_declared
from fairhand.use_cases.house import House
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
Short = Annotated[str, Field(max_length=80)]


@router.get("/rights/groups")
@guard("own")
def groups(house: House, actor: Actor, request: Request, saved: str = "") -> Response:
    """Show what one has said of oneself."""
    form = Form(read_declared(house.db, actor.person_id))
    return _show(actor, request, form, is_saved=bool(saved))


@router.post("/rights/groups")
@guard("own", form=True)
def save(
    house: House,
    actor: Actor,
    request: Request,
    gender: Short = "",
    age: Short = "",
    disability: Short = "",
    caring: Short = "",
    minority: Short = "",
    schooling: Short = "",
) -> Response:
    """Keep it, or take it back."""
    values = {
        "gender": gender,
        "age": age,
        "disability": disability,
        "caring": caring,
        "minority": minority,
        "schooling": schooling,
    }
    try:
        declare_groups(house.db, actor.person_id, values, house.clock())
    except InvalidError as error:
        return _show(actor, request, failed(error, values))
    return RedirectResponse("/rights/groups?saved=1", status_code=303)


def _show(actor: Actor, request: Request, form: Form, *, is_saved: bool = False) -> Response:
    context = {
        "_": words_for(actor.locale),
        "form": form,
        "questions": QUESTIONS,
        "k": K,
        "is_saved": is_saved,
    }
    return render(request, "rights_groups.html", context, actor=actor, status=form.status)
