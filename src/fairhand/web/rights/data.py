"""All of one's own data: what there is, and one button that gives it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from fairhand.core.words import later as _
from fairhand.core.words import words_for
from fairhand.people.accounts.own_data_store import RECORDS
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_own_data import read_own_data
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_ROOMS = {
    "account": _("Your account"),
    "work": _("Your work"),
    "learning": _("Learning and skills"),
    "wellbeing": _("Wellbeing, which nobody else reads"),
    "conduct": _("Decisions and appeals"),
    "council": _("Council and contracts"),
    "channel": _("Channel"),
    "given": _("What you gave of yourself"),
    "log": _("The log"),
}


@router.get("/rights/data")
@guard("own")
def data(house: House, actor: Actor, request: Request) -> Response:
    """Say what is kept and offer it all."""
    rooms = {
        title: [(name, one.what) for name, one in RECORDS.items() if name.startswith(f"{room}/")]
        for room, title in _ROOMS.items()
    }
    return render(
        request, "own_data.html", {"_": words_for(actor.locale), "rooms": rooms}, actor=actor
    )


@router.get("/rights/data/export")
@guard("own.manage")
def export(house: House, actor: Actor) -> Response:
    """Give all of one's own data as one archive, written while it is sent."""
    chunks = read_own_data(house.db, actor.person_id, house.signer.verifier.vkey, house.clock())
    name = f"fairhand-data-{actor.person_id}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)
