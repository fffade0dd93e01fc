"""What came in of a campaign, for those who look at what was noticed: listen, look, and say."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.hear_sound import Heard
from fairhand.use_cases.house import House
from fairhand.use_cases.read_intake import read_intake, read_open_file
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.settle_contribution import SettleContribution, settle_contribution
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.stretches import send_stretch

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=2_000)]

KINDS = {
    "clipped": "Too loud in places",
    "noisy": "Noisy",
    "too_short": "Shorter than asked",
    "too_long": "Longer than asked",
    "silent": "Hardly anything to hear",
    "quiet": "Very quiet",
    "loud": "Very loud",
    "band_limit": "Narrow sound",
    "no_room_noise": "No noise in the pauses",
    "replay": "May come from a loudspeaker",
    "other_language": "May be another language",
    "small": "Few pixels",
    "empty_picture": "Shows next to nothing",
    "recompressed": "Saved before at lower quality",
    "says_made_by_ai": "Says that a model made it",
    "broken_credentials": "Changed after it was signed",
    "resubmitted": "Given before by the same person",
    "same_as_another": "Like what another person gave",
    "no_grant": "No permission held",
    "not_hidden": "Could not be hidden in",
    "unreadable": "Cannot be opened",
}
"""What a kind of finding is called."""

STATES = {
    "new": "being looked through",
    "ready": "ready",
    "held": "held back",
    "withdrawn": "withdrawn or replaced",
    "erased": "erased",
}
_HEADERS = {"Cache-Control": "private, max-age=300"}


@router.get("/projects/{project_id:int}/intake")
@guard("campaign.view")
def intake(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
) -> Response:
    """Show how the intake stands, and a page of what waits for a human."""
    return _show(house, actor, request, project_id, after)


@router.get("/projects/{project_id:int}/intake/{contribution_id:int}/file")
@guard("contribution.review")
def opened(
    house: House, actor: Actor, request: Request, project_id: int, contribution_id: int
) -> Response:
    """Send what others see of a contribution; never the original."""
    sha256, media_type = read_open_file(house.db, project_id, contribution_id)
    heard = Heard(sha256, media_type, house.blobs.size(sha256))
    return send_stretch(request, house.blobs, heard, _HEADERS)


@router.post("/projects/{project_id:int}/intake/{contribution_id:int}")
@guard("contribution.review", form=True)
def settle(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    contribution_id: int,
    settled_as: Text = "",
    why: Text = "",
) -> Response:
    """Keep what a reviewer says of a contribution."""
    command = SettleContribution(
        actor.person_id,
        project_id,
        contribution_id,
        settled_as,  # type: ignore[arg-type]  # the story checks it
        why,
    )
    try:
        settle_contribution(house.db, command, house.clock())
    except FairhandError as error:
        form = failed(error, {"settled_as": settled_as, "why": why})
        return _show(house, actor, request, project_id, contribution_id - 1, form, contribution_id)
    return RedirectResponse(f"/projects/{project_id}/intake", status_code=303)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    after: int = 0,
    form: Form | None = None,
    about: int = 0,
) -> Response:
    found = read_intake(house.db, house.blobs, project_id, after)
    context = {
        "project": read_project(house.db, project_id),
        "intake": found,
        "kinds": KINDS,
        "states": STATES,
        "form": form or Form(),
        "about": about,
        "may_settle": may(actor, "contribution.review", project_id),
    }
    status = form.status if form else 200
    return render(request, "intake.html", context, actor=actor, status=status)
