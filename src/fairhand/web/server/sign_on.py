"""The page of identity providers: what the settings say, and whether the way there works."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.check_sign_on import check_sign_on
from fairhand.use_cases.house import House
from fairhand.use_cases.read_sign_on import read_providers
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/admin/sign-on")
@guard("server.view")
def sign_on(
    house: House,
    actor: Actor,
    request: Request,
    check: Annotated[str, Query(max_length=30)] = "",
) -> Response:
    """Show the providers; walk the way to one of them when asked to."""
    context = {
        "providers": read_providers(house),
        "checked": check,
        "looked": check_sign_on(house, check) if check else [],
        "password_sign_in": house.settings.password_sign_in,
    }
    return render(request, "sign_on.html", context, actor=actor)
