"""The API of all of one's own data."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_own_data import read_own_data
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["own"], route_class=StrictRoute)


@router.get("/me/data")
@guard("own.manage")
def export(house: House, actor: Actor) -> Response:
    """Give all of your own data as one ZIP archive (`fairhand-own-data/v1`)."""
    chunks = read_own_data(house.db, actor.person_id, house.signer.verifier.vkey, house.clock())
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)
