"""The owner's project page, and the part of it that refreshes by itself."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form
from fairhand.web.shared.pages import render
from fairhand.web.studio.project_view import page, panel

router = APIRouter(include_in_schema=False)


@router.get("/projects/{project_id:int}")
@guard("project.status")
def project(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show how far, how good, how much; and what its owner may do about it."""
    return show_project(house, actor, request, project_id, {})


@router.get("/projects/{project_id:int}/panel")
@guard("project.status")
def live(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the figures alone, for the page that stays open."""
    return render(request, "project_panel.html", panel(house, actor, project_id), actor=actor)


def show_project(
    house: House, actor: Actor, request: Request, project_id: int, forms: Mapping[str, Form]
) -> Response:
    """Show the page with those forms open that came back with something wrong."""
    context = page(house, actor, request, project_id, forms)
    status = next((form.status for form in forms.values()), 200)
    return render(request, "project.html", context, actor=actor, status=status)
