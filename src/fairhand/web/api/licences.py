"""The API of licences, for owners: requests, what was granted, notices, models."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.proof.licensing.store import Notice
from fairhand.use_cases.decline_licence import DeclineLicence, decline_licence
from fairhand.use_cases.grant_licence import GrantLicence, grant_licence
from fairhand.use_cases.house import House
from fairhand.use_cases.read_licences import Asked, Held, read_licences
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["licences"], route_class=StrictRoute)


class GrantBody(Body):
    """`price_minor` only where the offer names no price for what is asked."""

    price_minor: Annotated[int, Field(ge=0, le=10**15)] | None = None


class DeclineBody(Body):
    """Why not: whoever asked reads it."""

    why: str = Field(max_length=1_000)


@router.get("/projects/{project_id}/licences")
@guard("licence.view")
def show(house: House, actor: Actor, project_id: int) -> Response:
    """List a campaign's requests and licences, with notices and models."""
    page = read_licences(house.db, project_id, house.clock())
    return reply(
        {
            "share_permille": page.share_permille,
            "requests": [request_json(one) for one in page.requests],
            "licences": [held_json(one) for one in page.held],
        }
    )


@router.post("/projects/{project_id}/licences/{request_id}/grant", status_code=201)
@guard("licence.decide")
def grant(
    house: House, actor: Actor, project_id: int, request_id: int, body: GrantBody
) -> Response:
    """Grant a request; its release is written in the background."""
    folder = house.settings.workspace / "releases" / "licensed"
    command = GrantLicence(project_id, request_id, actor.person_id, folder, body.price_minor)
    return reply({"licence_id": grant_licence(house.db, command, house.clock())}, 201)


@router.post("/projects/{project_id}/licences/{request_id}/decline")
@guard("licence.decide")
def decline(
    house: House, actor: Actor, project_id: int, request_id: int, body: DeclineBody
) -> Response:
    """Decline a request, with a reason."""
    command = DeclineLicence(project_id, request_id, actor.person_id, body.why)
    decline_licence(house.db, command, house.clock())
    return reply({"request_id": request_id, "state": "declined"})


def request_json(one: Asked) -> dict[str, Any]:
    """Write a request with who asks."""
    asked = one.request
    return {
        "id": asked.id,
        "licensee": one.asker.name,
        "contact": one.asker.contact,
        "country": one.asker.country,
        "state": asked.state,
        "purposes": list(asked.purposes),
        "territory": list(asked.territory),
        "term_days": asked.term_days,
        "words": asked.words,
        "quote": dict(asked.quote),
        "asked_at": iso(asked.asked_at),
        "why": asked.why,
    }


def held_json(one: Held) -> dict[str, Any]:
    """Write a licence with all that hangs on it."""
    held = one.licence
    return {
        "id": held.id,
        "uid": held.uid,
        "licensee": one.holder.name,
        "release_id": held.release_id,
        "purposes": list(held.purposes),
        "territory": list(held.territory),
        "starts_at": iso(held.starts_at),
        "ends_at": iso(held.ends_at),
        "price_minor": held.price_minor,
        "currency": held.currency,
        "usage_id": held.usage_id,
        "policy": dict(held.policy),
        "notices": [notice_json(each) for each in one.notices],
        "models": [{"name": model.name, "version": model.version} for model, _ in one.models],
    }


def notice_json(each: Notice) -> dict[str, Any]:
    """Write a notice to a recipient."""
    return {
        "id": each.id,
        "release_id": each.release_id,
        "list": each.list_number,
        "state": each.state,
        "sent_at": iso(each.sent_at),
        "due_at": iso(each.due_at),
    }
