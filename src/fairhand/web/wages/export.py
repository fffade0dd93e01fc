"""Everything about one's own pay, to take home."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_pay_export import read_pay_export
from fairhand.web.shared.doors import guard

router = APIRouter(include_in_schema=False)


@router.get("/earnings/export")
@guard("own")
def export(house: House, actor: Actor) -> Response:
    """Give everything about one's own pay as one archive, written while it is sent."""
    chunks = read_pay_export(house.db, actor.person_id, house.signer.verifier.vkey, house.clock())
    name = f"fairhand-pay-{actor.person_id}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)
