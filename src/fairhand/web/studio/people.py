"""The people of the workspace: who is here, and asking somebody in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.errors import FairhandError
from fairhand.core.words import INTERFACE, language_of
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.invite_person import ROLES, InvitePerson, invite_person
from fairhand.use_cases.put_letters import outbox_of
from fairhand.use_cases.read_people import read_people
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=320)]


@router.get("/people")
@guard("people.list")
def people(house: House, actor: Actor, request: Request) -> Response:
    """List accounts and their roles."""
    return _show(house, actor, request, Form({"role": "contributor", "language": "en"}))


@router.post("/people")
@guard("people.invite", form=True, everywhere=True)
def invite(  # one parameter a field
    house: House,
    actor: Actor,
    request: Request,
    display_name: Text = "",
    email: Text = "",
    country: Text = "",
    region: Text = "",
    role: Text = "contributor",
    language: Text = "en",
) -> Response:
    """Ask somebody in and show their link, once."""
    typed = {
        "display_name": display_name,
        "email": email,
        "country": country,
        "region": region,
        "role": role,
        "language": language,
        "roles": role,
    }
    outbox = outbox_of(house)
    try:
        command = InvitePerson(
            email=email.strip() or None,
            display_name=display_name,
            roles=(role,),
            country=country.strip().upper(),
            region=region.strip(),
            locale=language_of(language, INTERFACE),
        )
        invited = invite_person(
            house.db,
            command,
            house.clock(),
            link_hours=house.settings.link_hours,
            by=actor,
            outbox=outbox,
        )
    except FairhandError as error:
        return _show(house, actor, request, failed(error, typed))
    context = {
        "name": display_name.strip(),
        "link": f"{house.settings.base_url}/sign-in/{invited.token}",
        "mailed": email.strip() if outbox else "",
        "hours": house.settings.link_hours,
        "back": {"href": "/people", "title": "People"},
    }
    return render(request, "invited.html", context, actor=actor)


def _show(house: House, actor: Actor, request: Request, form: Form) -> Response:
    reaches_all = may(actor, "project.create")
    context = {
        "people": read_people(house.db),
        "form": form,
        "languages": list(INTERFACE.items()),
        "roles": [(role, role) for role in ROLES if reaches_all or role in _NEAR],
    }
    return render(request, "people.html", context, actor=actor, status=form.status)


_NEAR = ("contributor", "reviewer")
