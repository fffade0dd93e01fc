"""Is this me? A file is compared with what one gave oneself; and one's own template of a voice."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.people.accounts.rules import Actor
from fairhand.people.likeness.rules import LOOK_UPS_A_DAY, WHY_GONE
from fairhand.people.likeness.suspect import MOST_BYTES, MOST_TEXT
from fairhand.use_cases.destroy_templates import destroy_template
from fairhand.use_cases.find_likeness import FindLikeness, Likeness, find_likeness
from fairhand.use_cases.house import House
from fairhand.use_cases.make_template import MakeTemplate, make_template
from fairhand.use_cases.read_likeness import read_likeness
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
SORTS = {"image": "pictures", "sound": "recordings", "text": "texts"}
VERDICTS = {
    "like": "The voice sounds like yours.",
    "maybe": "The voice may be yours; this is too weak to tell.",
    "unlike": "The voice does not sound like yours.",
}
Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]


@router.get("/given/find")
@guard("own")
def page(house: House, actor: Actor, request: Request, done: str = "") -> Response:
    """Show where a file can be compared, and what is kept of one's voice."""
    return _show(house, actor, request, done=done)


@router.post("/given/find")
@guard("own", form=True)
def find(
    house: House,
    actor: Actor,
    request: Request,
    file: Annotated[UploadFile | None, File()] = None,
    text: Annotated[str, Field(max_length=MOST_TEXT)] = "",
) -> Response:
    """Compare a file or a text; nothing of it is kept."""
    try:
        content = file.file.read(MOST_BYTES + 1) if file is not None else b""
        command = FindLikeness(actor.person_id, content or text.strip().encode())
        found = find_likeness(house.db, house.blobs, house.vault, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, form=failed(error, {"file": "", "text": text}))
    return _show(house, actor, request, found=found)


@router.post("/given/voiceprints")
@guard("own", form=True)
def make(house: House, actor: Actor, request: Request, project: Number) -> Response:
    """Make a template of one's voice from what one gave to a campaign."""
    try:
        command = MakeTemplate(actor.person_id, project)
        make_template(house.db, house.blobs, house.vault, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, form=failed(error, {}))
    return RedirectResponse("/given/find?done=made#voice", status_code=303)


@router.post("/given/voiceprints/{template_id:int}/destroy")
@guard("own", form=True)
def destroy(house: House, actor: Actor, template_id: int) -> Response:
    """Destroy one of one's own templates at once."""
    destroy_template(house.db, actor.person_id, template_id, house.clock())
    return RedirectResponse("/given/find?done=destroyed#voice", status_code=303)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    *,
    form: Form | None = None,
    found: Likeness | None = None,
    done: str = "",
) -> Response:
    context: dict[str, Any] = {
        "own": read_likeness(house.db, actor.person_id, house.clock()),
        "found": found,
        "form": form or Form(),
        "done": done,
        "sorts": SORTS,
        "verdicts": VERDICTS,
        "why_gone": WHY_GONE,
        "limit": LOOK_UPS_A_DAY,
        "now": house.clock(),
    }
    return render(request, "find.html", context, actor=actor, status=form.status if form else 200)
