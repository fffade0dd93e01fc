"""Appeals for those who hear them: the queue by deadline, evidence without a name, a finding."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.core.errors import FairhandError, ForbiddenError, NotFoundError
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.find_on_appeal import FindOnAppeal, find_on_appeal
from fairhand.use_cases.hear_appeal import HearAppeal, hear_appeal
from fairhand.use_cases.house import House
from fairhand.use_cases.read_appeals import (
    may_take,
    read_appeal,
    read_appeal_queue,
    read_counter,
)
from fairhand.web.conduct.decisions import NAMES
from fairhand.web.conduct.pictures import picture_of
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

STATES = {
    "open": "waiting",
    "upheld": "upheld",
    "silent": "upheld by silence",
    "declined": "declined",
    "withdrawn": "taken back",
}
Text = Annotated[str, Field(max_length=20_000)]
Short = Annotated[str, Field(max_length=80)]


@router.get("/conduct/appeals")
@guard("appeal.review")
def queue(house: House, actor: Actor, request: Request) -> Response:
    """List the appeals that the reader may hear, the next deadline first."""
    now = house.clock()
    context: dict[str, Any] = {
        "queue": read_appeal_queue(house.db, actor.person_id, now),
        "names": NAMES,
        "left": lambda at: time_left(now, at),
        "picture": picture_of(read_counter(house.db)),
        "has_nav": may(actor, "conduct.view"),
    }
    return render(request, "conduct_appeals.html", context, actor=actor)


@router.get("/conduct/appeals/{appeal_id:int}")
@guard("appeal.review")
def appeal(house: House, actor: Actor, request: Request, appeal_id: int) -> Response:
    """Show an appeal to somebody who hears it; others are told whether they may."""
    return _show(house, actor, request, appeal_id, Form())


@router.post("/conduct/appeals/{appeal_id:int}/take")
@guard("appeal.review", form=True)
def take(house: House, actor: Actor, request: Request, appeal_id: int) -> Response:
    """Take an appeal: from now on its evidence is open to the reader."""
    try:
        hear_appeal(house.db, HearAppeal(actor.person_id, appeal_id), house.clock())
    except NotFoundError:
        raise
    except FairhandError as error:
        return _show(house, actor, request, appeal_id, failed(error, {}))
    return RedirectResponse(f"/conduct/appeals/{appeal_id}", status_code=303)


@router.post("/conduct/appeals/{appeal_id:int}/find")
@guard("appeal.review", form=True)
def find(
    house: House,
    actor: Actor,
    request: Request,
    appeal_id: int,
    finding: Short = "",
    reason: Text = "",
) -> Response:
    """Say what one found, with a reason."""
    values = {"finding": finding, "reason": reason}
    try:
        command = FindOnAppeal(actor.person_id, appeal_id, finding, reason)
        find_on_appeal(house.db, command, house.clock())
    except NotFoundError:
        raise
    except FairhandError as error:
        return _show(house, actor, request, appeal_id, failed(error, values))
    return RedirectResponse(f"/conduct/appeals/{appeal_id}", status_code=303)


def time_left(now: Instant, until: Instant) -> str:
    """Say how long there still is for an answer."""
    left = until - now
    if left <= 0:
        return "over"
    return f"{left // HOUR_MS} hours" if left < DAY_MS else f"{left // DAY_MS} days"


def _show(house: House, actor: Actor, request: Request, appeal_id: int, form: Form) -> Response:
    now = house.clock()
    context: dict[str, Any] = {
        "appeal_id": appeal_id,
        "form": form,
        "names": NAMES,
        "states": STATES,
        "left": lambda at: time_left(now, at),
    }
    try:
        found = read_appeal(house.db, appeal_id, actor.person_id, now)
    except ForbiddenError:
        why = may_take(house.db, appeal_id, actor.person_id, now)
        status = form.status if form.error else (200 if why is None else 403)
        untaken = {**context, "why_not": why}
        return render(request, "conduct_take.html", untaken, actor=actor, status=status)
    context["found"] = found
    return render(request, "conduct_appeal.html", context, actor=actor, status=form.status)
