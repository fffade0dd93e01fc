"""How a person wants hard content shown, and what they have seen of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError
from fairhand.core.words import later as _
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.people.wellbeing.own_rules import minutes_of
from fairhand.use_cases.begin_care_break import begin_care_break
from fairhand.use_cases.choose_view import ChooseView, choose_view
from fairhand.use_cases.house import House
from fairhand.use_cases.rate_content import RateContent, rate_content
from fairhand.use_cases.read_own_wellbeing import read_own_content
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

STYLE_WORDS = {
    "hidden": _("Covered until I choose to look, then as it is"),
    "drawing": _("As a drawing of its outlines; as it is when I ask"),
    "grey": _("Grey; in colour when I ask"),
    "blur": _("Blurred; sharp when I ask. A text comes sentence by sentence"),
    "plain": _("As it is, at once, without a cover"),
}
RATINGS = (_("not at all"), _("a little"), _("disturbing"), _("severe"), _("should not be here"))
Short = Annotated[str, Field(max_length=80)]


@router.get("/wellbeing/content")
@guard("own")
def content(house: House, actor: Actor, request: Request) -> Response:
    """Show how hard content is shown, and one's own history of it."""
    return _show(house, actor, request, Form())


@router.post("/wellbeing/content")
@guard("own", form=True)
def choose(
    house: House, actor: Actor, request: Request, style: Short = "", breaks: Short = ""
) -> Response:
    """Choose how hard content is shown at first."""
    try:
        choose_view(house.db, ChooseView(actor.person_id, style, bool(breaks)), house.clock())
    except InvalidError as error:
        return _show(house, actor, request, failed(error, {"style": style}))
    return RedirectResponse("/wellbeing/content", status_code=303)


@router.post("/wellbeing/content/{task_id:int}")
@guard("own", form=True)
def rate(house: House, actor: Actor, request: Request, task_id: int, tier: Short = "") -> Response:
    """Say how hard an item was."""
    known = int(tier) if tier in "01234" and tier else -1
    try:
        rate_content(house.db, RateContent(actor.person_id, task_id, known), house.clock())
    except InvalidError as error:
        return _show(house, actor, request, failed(error, {}))
    return RedirectResponse(f"/wellbeing/content#task-{task_id}", status_code=303)


@router.post("/wellbeing/break")
@guard("own", form=True)
def rest(house: House, actor: Actor, request: Request) -> Response:
    """Begin a paid break; one's clock says so on the page of one's own time."""
    try:
        begin_care_break(house.db, actor.person_id, house.clock(), idle_cap_ms=house.idle_cap_ms)
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {}))
    return RedirectResponse("/earnings/time", status_code=303)


def _show(house: House, actor: Actor, request: Request, form: Form) -> Response:
    own = read_own_content(house.db, actor.person_id, house.clock())
    words = words_for(actor.locale)
    context: dict[str, Any] = {
        "_": words,
        "own": own,
        "form": form,
        "styles": {one: words(said) for one, said in STYLE_WORDS.items()},
        "ratings": [words(said) for said in RATINGS],
        "dose": minutes_of,
    }
    return render(request, "own_content.html", context, actor=actor, status=form.status)
