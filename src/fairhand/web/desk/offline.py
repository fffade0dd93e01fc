"""What stands where there is no network: a page that the service worker keeps on the device."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.words import words_for
from fairhand.web.shared.doors import find_actor, house_of, public
from fairhand.web.shared.pages import render, words_of

router = APIRouter(include_in_schema=False)


@router.get("/offline")
@public
def offline(request: Request) -> Response:
    """Say in the reader's language that there is no network, and what is on the device."""
    actor = find_actor(house_of(request), request)
    context = {"_": words_for(actor.locale) if actor else words_of(request)}
    return render(request, "offline.html", context)
