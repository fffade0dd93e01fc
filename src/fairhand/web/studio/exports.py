"""The exports of a project: ask for a file in another tool's format, and fetch it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.formats.exports.registry import OF_PROJECTS
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.answers_elsewhere import count_elsewhere, tasks_were
from fairhand.use_cases.ask_export import AskExport, ask_export
from fairhand.use_cases.house import House
from fairhand.use_cases.read_exports import find_export_blob, list_exports
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_releases import list_releases
from fairhand.use_cases.versions import current_version
from fairhand.web.shared.doors import guard
from fairhand.web.shared.files import send_blob
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=100)]


@router.get("/projects/{project_id:int}/exports")
@guard("export.make")
def exports(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show what was exported, and the form for the next file."""
    return _page(house, actor, request, project_id, Form())


@router.get("/projects/{project_id:int}/exports/panel")
@guard("export.make")
def panel(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the list alone, for the page that stays open."""
    context = {
        "project": read_project(house.db, project_id),
        "exports": list_exports(house.db, project_id, house.clock()),
        "formats": OF_PROJECTS,
    }
    return render(request, "exports_panel.html", context, actor=actor)


@router.get("/projects/{project_id:int}/exports/{export_id}/file")
@guard("export.make")
def file(house: House, actor: Actor, project_id: int, export_id: str) -> Response:
    """Fetch the file of an export that lies ready."""
    found = find_export_blob(house.db, project_id, export_id, house.clock())
    return send_blob(house.blobs, found.blob_sha256 or "", found.name, found.size_bytes)


@router.post("/projects/{project_id:int}/exports")
@guard("export.make", form=True)
def make(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    format: Text = "",  # the field's name
    source: Text = "",
    question: Text = "",
    answers: Text = "",
    elsewhere: Text = "",
) -> Response:
    """Ask for a file."""
    sent = {"format": format, "source": source, "question": question, "answers": answers}
    sent["elsewhere"] = elsewhere
    try:
        command = AskExport(
            actor.person_id,
            project_id,
            format,
            _release(source),
            question or None,
            with_answers=bool(answers),
            with_elsewhere=bool(elsewhere),
        )
        ask_export(house.db, command, house.clock(), days=house.settings.export_days)
    except FairhandError as error:
        return _page(house, actor, request, project_id, failed(error, sent))
    return RedirectResponse(f"/projects/{project_id}/exports", status_code=303)


def _release(source: str) -> int | None:
    """Read which release is meant; empty: the project as it stands."""
    if not source:
        return None
    if not source.isascii() or not source.isdecimal() or len(source) > 9:
        raise InvalidError(
            "There is no such release.", issues=[Issue("source", "Choose one of the list.")]
        )
    return int(source)


def _page(house: House, actor: Actor, request: Request, project_id: int, form: Form) -> Response:
    project = read_project(house.db, project_id)
    version = current_version(house.db, project.id, project.version)
    released = list_releases(house.db, project_id)
    came = count_elsewhere(house.db, project_id)
    context = {
        "project": project,
        "exports": list_exports(house.db, project_id, house.clock()),
        "formats": OF_PROJECTS,
        "choices": [(one.name, f"{one.title}: {one.holds}") for one in OF_PROJECTS.values()],
        "sources": [(str(one.version), f"Release {one.version}") for one in released]
        + [("", "The project as it stands (no release)")],
        "questions": [("", "All of them")] + [(one.name, one.title) for one in version.questions],
        "form": form,
        "days": house.settings.export_days,
        "came": tasks_were(came) if came else "",
    }
    return render(request, "exports.html", context, actor=actor, status=form.status)
