"""Check-ins: a page that seals what is written on it before anything leaves it."""

from __future__ import annotations

import base64
from enum import Enum
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.core.words import later as _
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_check_in import (
    KeepCheckIn,
    drop_check_ins,
    from_base64,
    keep_check_in,
    keep_key,
)
from fairhand.use_cases.read_own_wellbeing import read_own_check_ins
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render, script_json
from fairhand.web.shared.strict import StrictRoute
from fairhand.web.wellbeing.bodies import CheckInBody, KeyBody, answer

router = APIRouter(route_class=StrictRoute)

JSON = "/api/v1/me/wellbeing/check-ins"
TAGS: list[str | Enum] = ["wellbeing"]
QUESTIONS = (
    _("I was at ease"),
    _("I slept well enough"),
    _("I had strength for what I like to do"),
    _("What I saw at work stayed at work"),
    _("There was somebody I could talk to"),
)
STEPS = (_("never"), _("seldom"), _("sometimes"), _("often"), _("nearly always"))

SAID = (
    _("It could not be kept."),
    _("No connection. Nothing was lost: try again when it is back."),
    _("Use at least 12 characters; a sentence is fine."),
    _("The two are not the same."),
    _("Ready. Keep your words: nobody can find them again for you."),
    _("Opening…"),
    _("These are not the words that sealed it."),
    _("From now on your new words open it."),
    _("Choose or write something first."),
    _("Kept, sealed. Only your words open it."),
    _("This note was sealed with another key."),
    _("{sum} of 100"),
    _("Delete"),
    _("Deleted."),
    _("How I was, from 0 to 100: {values}"),
    _("All of it is deleted."),
    _("This browser can seal nothing here: open this page over https."),
)
"""What the page's script says; it travels in the page."""


@router.get("/wellbeing/check-ins", include_in_schema=False)
@guard("own")
def page(house: House, actor: Actor, request: Request) -> Response:
    """Show the page; the notes travel in it as sealed bytes."""
    words = words_for(actor.locale)
    said = {one: words(one) for one in SAID} | {"locale": words.language}
    context: dict[str, Any] = {
        "_": words,
        "sealed": script_json(_kept(house, actor) | {"words": said}),
        "questions": [words(one) for one in QUESTIONS],
        "steps": [words(one) for one in STEPS],
    }
    return render(request, "check_ins.html", context, actor=actor)


@router.get(JSON, tags=TAGS)
@guard("own")
def listed(house: House, actor: Actor) -> Response:
    """List your sealed notes and your sealed key; your words alone open them."""
    return answer(_kept(house, actor))


@router.put(f"{JSON}/key", tags=TAGS)
@guard("own")
def key(house: House, actor: Actor, body: KeyBody) -> Response:
    """Keep your key, sealed in your browser by your words."""
    keep_key(house.db, actor.person_id, body.model_dump(), house.clock())
    return answer({"kept": True})


@router.post(JSON, status_code=201, tags=TAGS)
@guard("own")
def keep(house: House, actor: Actor, body: CheckInBody) -> Response:
    """Keep a sealed note; sent again under its `client_key` it is there once."""
    sealed = from_base64(body.sealed)
    if sealed is None:
        message = "Send the sealed note in base64."
        raise InvalidError(message, issues=[Issue("sealed", message)])
    keep_check_in(house.db, KeepCheckIn(actor.person_id, body.client_key, sealed), house.clock())
    return answer(_kept(house, actor), 201)


@router.delete(f"{JSON}/{{check_in_id}}", tags=TAGS)
@guard("own")
def drop(house: House, actor: Actor, check_in_id: int) -> Response:
    """Delete one of your notes for good."""
    drop_check_ins(house.db, actor.person_id, check_in_id)
    return answer(_kept(house, actor))


@router.delete(JSON, tags=TAGS)
@guard("own")
def drop_all(house: House, actor: Actor) -> Response:
    """Delete all your notes and your key for good."""
    return answer({"deleted": drop_check_ins(house.db, actor.person_id)})


def _kept(house: House, actor: Actor) -> dict[str, Any]:
    wrapped, notes = read_own_check_ins(house.db, actor.person_id)
    return {
        "key": wrapped,
        "notes": [
            {
                "id": one.id,
                "client_key": one.client_key,
                "at": iso(one.at),
                "sealed": base64.b64encode(one.sealed).decode(),
            }
            for one in notes
        ],
    }
