"""The log as people see it: its newest checkpoint, their own events, and how to check a receipt."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from fairhand.people.accounts.rules import Actor
from fairhand.proof.log.places import CHECKPOINT
from fairhand.proof.log.witness_store import WitnessRow
from fairhand.use_cases.house import House
from fairhand.use_cases.read_log import (
    LogState,
    read_checkpoint,
    read_log_state,
    read_own_events,
    read_receipt,
    read_witnesses,
)
from fairhand.use_cases.read_public_log import read_public_log
from fairhand.use_cases.read_whole_receipt import (
    read_all_receipts,
    read_wallet,
    read_whole_receipt,
)
from fairhand.web.shared.charts import bars
from fairhand.web.shared.doors import guard, public
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
_SHOWN = 50


@router.get("/log")
@guard("log.view")
def log(house: House, actor: Actor, request: Request) -> Response:
    """Show how far the log is and whose events of it are one's own."""
    state = read_log_state(house.db)
    witnesses = read_witnesses(house.db)
    context = {
        "witnesses": witnesses,
        "reach": _reach(state, witnesses),
        "older": [key.vkey for key in house.log_keys if key != house.signer.verifier],
        "state": state,
        "vkey": house.signer.verifier.vkey,
        "origin": house.signer.name,
        "address": f"{house.settings.base_url.rstrip('/')}/log/c2sp",
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


@router.get("/log/receipts")
@guard("own")
def wallet(house: House, actor: Actor, request: Request) -> Response:
    """Show what is proven of one's own answers, statements and consents, to keep."""
    return render(
        request,
        "wallet.html",
        {"kept": read_wallet(house.db, actor, _SHOWN), "vkey": house.signer.verifier.vkey},
        actor=actor,
    )


@router.get("/log/receipts/all")
@guard("own")
def all_receipts(house: House, actor: Actor) -> Response:
    """Give all of one's receipts in one file, one to a line."""
    text = read_all_receipts(house.db, actor, house.signer.verifier.vkey)
    return _text(text, "fairhand-receipts.jsonl")


@router.get("/log/receipts/{event_id:int}/whole")
@guard("own")
def whole_receipt(house: House, actor: Actor, event_id: int) -> Response:
    """Give everything that is proven of one's own event, in one small file."""
    text = read_whole_receipt(house.db, actor, event_id, house.signer.verifier.vkey)
    return _text(text, f"fairhand-receipt-{event_id}.json")


@router.get("/log/c2sp/checkpoint")
@public
def public_checkpoint(request: Request) -> Response:
    """Give the newest checkpoint with its witnesses' lines, as C2SP tlog-tiles has it."""
    house: House = request.app.state.house
    headers = {"Cache-Control": "public, max-age=5"}
    return PlainTextResponse(read_public_log(house, CHECKPOINT), headers=headers)


@router.get("/log/c2sp/{name:path}")
@public
def public_file(request: Request, name: str) -> Response:
    """Give a tile, a bundle of leaves, the keys or the policy: nothing in them is personal."""
    house: House = request.app.state.house
    content = read_public_log(house, name)
    if name.startswith("tile/"):
        lasting = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(content, media_type="application/octet-stream", headers=lasting)
    return PlainTextResponse(content, headers={"Cache-Control": "public, max-age=5"})


def _reach(state: LogState, witnesses: Sequence[WitnessRow]) -> Markup | None:
    """Draw how far each witness has signed, beside how far the log is."""
    if state.checkpoint is None or not witnesses:
        return None
    names = ["the log", *(_short(one.vkey.partition("+")[0]) for one in witnesses)]
    sizes = [state.checkpoint.size, *(one.cosigned_size for one in witnesses)]
    return bars("Sealed events signed", names, sizes)


def _short(name: str) -> str:
    """Cut a name to what fits beside a bar; the table below has it whole."""
    return name if len(name) <= 12 else f"{name[:11]}…"


def _text(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return PlainTextResponse(text, headers=headers)
