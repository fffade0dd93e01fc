"""The log as people see it: its newest checkpoint, their own events, and how to check a receipt."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_log import (
    read_checkpoint,
    read_log_state,
    read_own_events,
    read_receipt,
)
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/log")
@guard("log.view")
def log(house: House, actor: Actor, request: Request) -> Response:
    """Show how far the log is and whose events of it are one's own."""
    state = read_log_state(house.db)
    context = {
        "state": state,
        "vkey": house.signer.verifier.vkey,
        "origin": house.signer.name,
        "events": read_own_events(house.db, actor.person_id, 30),
    }
    return render(request, "log.html", context, actor=actor)


@router.get("/log/checkpoint")
@guard("log.view")
def checkpoint(house: House, actor: Actor) -> Response:
    """Give the newest checkpoint to keep: a later log must contain it."""
    return _text(read_checkpoint(house.db), "fairhand.checkpoint")


@router.get("/log/receipts/{event_id:int}")
@guard("own")
def receipt(house: House, actor: Actor, event_id: int) -> Response:
    """Give the receipt of one's own event, to be verified offline."""
    text = read_receipt(house.db, actor, event_id)
    return _text(text, f"fairhand-event-{event_id}.tlog-proof")


def _text(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return PlainTextResponse(text, headers=headers)
