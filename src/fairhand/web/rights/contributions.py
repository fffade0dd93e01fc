"""Each thing somebody gave: what was noticed, who has it now, a button to take it back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.core.words import later as _
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_given import read_things, read_withdrawals
from fairhand.use_cases.withdraw_grant import withdraw_contributions
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

STATES = {
    "new": _("being looked through"),
    "ready": _("ready for those who hold a licence"),
    "held": _("held: nobody else sees it until a person has looked"),
    "withdrawn": _("taken back"),
    "erased": _("erased"),
}
REASONS = {
    "withdrawn": _("you took it back"),
    "expired": _("its time was over"),
    "erased": _("you were erased"),
    "retention": _("it was kept as long as was promised"),
}
KINDS = {"voice": _("Recording"), "face": _("Photo"), "image": _("Photo"), "text": _("Text")}


@router.get("/given/contributions")
@guard("own")
def given_things(
    house: House, actor: Actor, request: Request, before: int = LARGEST_ID
) -> Response:
    """Show a page of what one gave, the newest first."""
    return _show(house, actor, request, before=before)


@router.post("/given/contributions/{contribution_id:int}/take-back")
@guard("own", form=True)
def take_back(
    house: House,
    actor: Actor,
    request: Request,
    contribution_id: int,
    before: Annotated[int, Field()] = LARGEST_ID,
) -> Response:
    """Take one thing back; it holds at once."""
    try:
        withdraw_contributions(house.db, actor.person_id, [contribution_id], house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {}))
    onwards = "" if before >= LARGEST_ID else f"?before={before}"
    return RedirectResponse(f"/given/contributions{onwards}", status_code=303)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    form: Form | None = None,
    before: int = LARGEST_ID,
) -> Response:
    own = read_things(house.db, actor.person_id, before=max(0, min(before, LARGEST_ID)))
    context: dict[str, Any] = {
        "_": words_for(actor.locale),
        "own": own,
        "before": before,
        "taken_back": read_withdrawals(house.db, actor.person_id)[:20],
        "states": STATES,
        "kinds": KINDS,
        "reasons": REASONS,
        "form": form or Form(),
    }
    status = form.status if form else 200
    return render(request, "given_things.html", context, actor=actor, status=status)
