"""What somebody gave and permitted: each purpose with a button that ends it, and receipts."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.people.consent.words import place_words
from fairhand.use_cases.house import House
from fairhand.use_cases.read_grants import OwnGrant, read_grant, read_grants
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Purpose = Annotated[str, Field(max_length=20)]


@router.get("/given")
@guard("own")
def given(house: House, actor: Actor, request: Request) -> Response:
    """Show what one permits now, and what has ended."""
    return _show(house, actor, request)


@router.post("/given/grants/{grant_id:int}/end")
@guard("own", form=True)
def end(
    house: House, actor: Actor, request: Request, grant_id: int, purpose: Purpose = ""
) -> Response:
    """End one purpose, or all of a grant; it holds at once."""
    purposes = (purpose,) if purpose else ()
    try:
        command = WithdrawGrant(actor.person_id, grant_id, purposes)
        withdraw_grant(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {}))
    return RedirectResponse("/given", status_code=303)


@router.get("/given/grants/{grant_id:int}/receipt")
@guard("own")
def receipt(house: House, actor: Actor, request: Request, grant_id: int) -> Response:
    """Show the receipt of a grant, to be read and printed."""
    own = read_grant(house.db, actor.person_id, grant_id, house.clock())
    context = {"_": words_for(actor.locale), "own": own, "now": house.clock()}
    return render(request, "receipt.html", context, actor=actor)


@router.get("/given/grants/{grant_id:int}/receipt.json")
@guard("own")
def receipt_json(house: House, actor: Actor, grant_id: int) -> Response:
    """Give the receipt as JSON-LD."""
    now = house.clock()
    own = read_grant(house.db, actor.person_id, grant_id, now)
    content = orjson.dumps(own.receipt(now), option=orjson.OPT_INDENT_2)
    return _file(content, own, "jsonld", "application/ld+json")


@router.get("/given/grants/{grant_id:int}/receipt.pdf")
@guard("own")
def receipt_pdf(house: House, actor: Actor, grant_id: int) -> Response:
    """Give the receipt as a PDF."""
    now = house.clock()
    own = read_grant(house.db, actor.person_id, grant_id, now)
    return _file(own.pdf(now), own, "pdf", "application/pdf")


def _show(house: House, actor: Actor, request: Request, form: Form | None = None) -> Response:
    own = read_grants(house.db, actor.person_id, house.clock())
    context: dict[str, Any] = {
        "_": words_for(actor.locale),
        "living": [one for one in own.grants if one.is_living],
        "ended": [one for one in own.grants if not one.is_living],
        "refused": own.refused,
        "place_words": place_words,
        "form": form or Form(),
    }
    status = form.status if form else 200
    return render(request, "given.html", context, actor=actor, status=status)


def _file(content: bytes, own: OwnGrant, ending: str, media_type: str) -> Response:
    name = f"fairhand-receipt-{own.grant.id}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
