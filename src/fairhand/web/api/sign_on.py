"""The API of single sign-on: providers, and whether the way to one works."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.check_sign_on import check_sign_on
from fairhand.use_cases.house import House
from fairhand.use_cases.read_sign_on import read_providers
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["server"], route_class=StrictRoute)


@router.get("/sign-on")
@guard("server.view")
def providers(house: House, actor: Actor) -> Response:
    """List identity providers, without their secrets."""
    return reply({"providers": [asdict(one) for one in read_providers(house)]})


@router.get("/sign-on/{provider}/check")
@guard("server.view")
def check(house: House, actor: Actor, provider: str) -> Response:
    """Walk the way to a provider; `failed` names the hop that does."""
    looked = check_sign_on(house, provider)
    failed = next((one.hop for one in looked if one.state == "fail"), None)
    return reply({"failed": failed, "hops": [asdict(one) for one in looked]})
