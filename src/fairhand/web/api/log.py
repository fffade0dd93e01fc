"""The API of the log: its checkpoint, and receipts for one's own events."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_log import read_checkpoint, read_receipt
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1/log", tags=["log"], route_class=StrictRoute)


@router.get("/checkpoint", response_class=PlainTextResponse)
@guard("log.view")
def checkpoint(house: House, actor: Actor) -> Response:
    """Show the newest signed checkpoint (a C2SP signed note)."""
    return PlainTextResponse(read_checkpoint(house.db))


@router.get("/key", response_class=PlainTextResponse)
@guard("log.view")
def key(house: House, actor: Actor) -> Response:
    """Show the key that signs the log, as a C2SP verifier key."""
    return PlainTextResponse(house.signer.verifier.vkey + "\n")


@router.get("/receipts/{event_id}", response_class=PlainTextResponse)
@guard("own")
def receipt(house: House, actor: Actor, event_id: int) -> Response:
    """Get the receipt of an event of yours: verify it offline with `fairhand verify receipt`."""
    text = read_receipt(house.db, actor, event_id)
    name = f"fairhand-event-{event_id}.tlog-proof"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return PlainTextResponse(text, headers=headers)
