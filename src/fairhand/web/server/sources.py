"""The sources that data may be imported from, and whether they answer; no secret is shown."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.errors import FairhandError
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.check_source import SourceChecked, check_source
from fairhand.use_cases.house import House
from fairhand.use_cases.read_import_sources import all_sources
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/admin/sources")
@guard("server.view")
def sources(house: House, actor: Actor, request: Request) -> Response:
    """List every source of this server."""
    return _show(house, actor, request)


@router.post("/admin/sources/{name}/check")
@guard("server.view", form=True)
def check(
    house: House,
    actor: Actor,
    request: Request,
    name: str,
    prefix: Annotated[str, Field(max_length=1_000)] = "",
) -> Response:
    """Go the way to one, hop by hop."""
    try:
        found = check_source(house.settings, name, prefix)
    except FairhandError as error:
        return _show(house, actor, request, error=error)
    return _show(house, actor, request, checked=found)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    *,
    checked: SourceChecked | None = None,
    error: FairhandError | None = None,
) -> Response:
    context = {
        "sources": all_sources(house.settings.sources),
        "checked": checked,
        "error": error,
        "request_path": "/admin/sources",
    }
    status = error.status if error else 200
    return render(request, "sources_admin.html", context, actor=actor, status=status)
