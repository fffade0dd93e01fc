"""The list of projects."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.read_overview import current_figures
from fairhand.use_cases.read_project import list_visible
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/projects")
@guard("own")
def projects(house: House, actor: Actor, request: Request) -> Response:
    """List the projects whose state one may see."""
    seen = [one for one in list_visible(house.db, actor) if may(actor, "project.status", one.id)]
    rows = []
    for one in seen:
        status = current_figures(house.db, one.id, house.clock()).status
        bar = charts.progress(one.title, status.progress.finished, status.progress.tasks)
        rows.append({"project": one, "status": status, "progress": bar})
    archived = [
        one
        for one in list_visible(house.db, actor, archived=True)
        if may(actor, "project.status", one.id)
    ]
    context = {"rows": rows, "archived": archived, "may_create": may(actor, "project.create")}
    return render(request, "projects.html", context, actor=actor)
