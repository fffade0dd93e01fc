"""To be erased, or to leave a project: what goes, what stays and why, and one confirmation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.erase_person import SURE, erase_person, what_is_kept
from fairhand.use_cases.house import House
from fairhand.use_cases.leave_project import leave_project
from fairhand.web.shared.doors import SESSION_COOKIE, guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/account/erase")
@guard("own")
def erase_page(house: House, actor: Actor, request: Request) -> Response:
    """Say what being erased means, before anything happens."""
    return _show(house, actor, request)


@router.post("/account/erase")
@guard("own.keys", form=True)
def erase(
    house: House,
    actor: Actor,
    request: Request,
    sure: Annotated[str, Field(max_length=40)] = "",
) -> Response:
    """Erase whoever asks, once they typed the words."""
    try:
        if sure.strip().lower() != SURE:
            words = f"Type “{SURE}” to go on. Nothing has been erased."
            raise InvalidError(words, issues=[Issue("sure", words)])
        done = erase_person(house.db, house.blobs, house.vault, actor.person_id, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {"sure": sure}))
    gone = render(request, "erased.html", {"_": words_for(actor.locale), "done": done}, actor=None)
    gone.delete_cookie(SESSION_COOKIE)
    return gone


@router.post("/projects/{project_id:int}/leave")
@guard("own", form=True)
def leave(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Leave a project by oneself; no reason is asked."""
    leave_project(house.db, actor.person_id, project_id, house.clock())
    return RedirectResponse("/", status_code=303)


def _show(house: House, actor: Actor, request: Request, form: Form | None = None) -> Response:
    context: dict[str, Any] = {
        "_": words_for(actor.locale),
        "kept": what_is_kept(house.db, actor.person_id, house.clock()),
        "sure": SURE,
        "form": form or Form(),
    }
    status = form.status if form else 200
    return render(request, "erase.html", context, actor=actor, status=status)
