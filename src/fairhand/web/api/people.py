"""The API of accounts: oneself, inviting, tokens."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.manage_tokens import CreateToken, create_token, list_tokens, revoke_token
from fairhand.use_cases.read_people import read_people
from fairhand.web.api.bodies import InviteBody, TokenBody
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["people"], route_class=StrictRoute)


@router.get("/me")
@guard("own")
def me(house: House, actor: Actor) -> Response:
    """Say who you are here."""
    return reply(
        {
            "id": actor.person_id,
            "display_name": actor.display_name,
            "locale": actor.locale,
            "simulated": actor.is_simulated,
            "roles": [
                {"project_id": project_id, "role": role}
                for project_id, roles in sorted(actor.roles.items())
                for role in sorted(roles)
            ],
        }
    )


@router.get("/people")
@guard("people.list")
def people(house: House, actor: Actor) -> Response:
    """List accounts and their roles."""
    found = read_people(house.db)
    return reply({"people": [asdict(person) | {"roles": roles} for person, roles in found]})


@router.post("/people", status_code=201)
@guard("people.invite")
def invite(house: House, actor: Actor, body: InviteBody) -> Response:
    """Ask somebody in; the one-time link is in the answer and nowhere else."""
    command = InvitePerson(
        email=body.email,
        display_name=body.display_name,
        roles=tuple(body.roles),
        project_id=body.project_id,
        country=body.country,
        region=body.region,
        locale=body.locale,
    )
    invited = invite_person(
        house.db, command, house.clock(), by=actor, link_hours=house.settings.link_hours
    )
    link = f"{house.settings.base_url}/sign-in/{invited.token}"
    return reply({"person_id": invited.person_id, "link": link}, 201)


@router.get("/tokens")
@guard("own")
def tokens(house: House, actor: Actor) -> Response:
    """List your API tokens, without their secrets."""
    return reply({"tokens": [asdict(token) for token in list_tokens(house.db, actor.person_id)]})


@router.post("/tokens", status_code=201)
@guard("own")
def make_token(house: House, actor: Actor, body: TokenBody) -> Response:
    """Make an API token; its secret is shown once. A token never reaches further than you do."""
    command = CreateToken(body.label, body.scope, body.project_id, body.days)
    return reply({"token": create_token(house.db, actor, command, house.clock())}, 201)


@router.delete("/tokens/{token_id}")
@guard("own")
def drop_token(house: House, actor: Actor, token_id: int) -> Response:
    """Revoke one of your tokens at once."""
    revoke_token(house.db, actor.person_id, token_id, house.clock())
    return reply({"revoked": True})
