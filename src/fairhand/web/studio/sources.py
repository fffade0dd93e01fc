"""The Sources page: who proposes, what is wrong with whom, and the way to a backend hop by hop."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.add_assistant import AddAssistant, add_assistant, free_name
from fairhand.use_cases.change_source import ChangeSource, change_source
from fairhand.use_cases.check_backend import CheckBackend, Checked, check_backend
from fairhand.use_cases.end_assistant import EndAssistant, end_assistant
from fairhand.use_cases.house import House
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_sources import read_sources
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=10_000)]

KINDS = {
    "builtin": "Built-in model",
    "label_studio": "Label Studio backend",
    "function": "Python function",
    "onnx": "ONNX network",
    "openai": "OpenAI-compatible endpoint",
    "file": "File of predictions",
}


@router.get("/projects/{project_id:int}/assist/sources")
@guard("project.status")
def sources(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """List who proposes answers, with the form that adds a backend."""
    return _show(house, actor, request, project_id)


@router.post("/projects/{project_id:int}/assist/sources")
@guard("project.edit", form=True)
def add(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    url: Text = "",
    name: Text = "",
    interactive: Text = "no",
    learns: Text = "yes",
    hostname: Text = "",
    text_field: Text = "",
    basic_user: Text = "",
    basic_secret: Text = "",
) -> Response:
    """Add a Label Studio backend; it is tested at once."""
    typed = {
        "url": url.strip(), "name": name.strip(), "interactive": interactive, "learns": learns,
        "hostname": hostname.strip(), "text_field": text_field.strip(),
        "basic_user": basic_user.strip(), "basic_secret": basic_secret.strip(),
    }  # fmt: skip
    try:
        made = add_assistant(
            house.db, _command(house, actor.person_id, project_id, typed), house.clock()
        )
    except FairhandError as error:
        return _show(house, actor, request, project_id, form=failed(error, typed))
    return _back(project_id, f"source-{made.id}")


@router.post("/projects/{project_id:int}/assist/sources/{assistant_id:int}/test")
@guard("project.edit", form=True)
def test(
    house: House, actor: Actor, request: Request, project_id: int, assistant_id: int
) -> Response:
    """Walk the way to a backend and show where it ends."""
    try:
        command = CheckBackend(project_id, assistant_id, actor.person_id)
        checked = check_backend(house.db, house.blobs, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error=error)
    return _show(house, actor, request, project_id, checked=checked, about=assistant_id)


@router.post("/projects/{project_id:int}/assist/sources/{assistant_id:int}")
@guard("project.edit", form=True)
def change(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    assistant_id: int,
    do: Text = "",
) -> Response:
    """Ask it on clicks or not, ask it to train, or remove it."""
    try:
        if do == "remove":
            gone = EndAssistant(actor.person_id, project_id, assistant_id)
            end_assistant(house.db, gone, house.clock())
        else:
            interactive = {"interactive": True, "not_interactive": False}.get(do)
            command = ChangeSource(
                actor.person_id, project_id, assistant_id, interactive, do == "train"
            )
            change_source(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error=error)
    return _back(project_id, "sources" if do == "remove" else f"source-{assistant_id}")


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    *,
    form: Form | None = None,
    error: FairhandError | None = None,
    checked: Checked | None = None,
    about: int = 0,
) -> Response:
    project = read_project(house.db, project_id)
    context: dict[str, Any] = {
        "project": project,
        "sources": read_sources(house.db, project_id),
        "kinds": KINDS,
        "form": form or Form({"interactive": "no", "learns": "yes"}),
        "error": error,
        "checked": checked,
        "about": about,
        "may_edit": may(actor, "project.edit", project_id),
        "request_path": f"/projects/{project_id}/assist/sources",
        "reached_at": house.settings.base_url,
        "now": house.clock(),
    }
    status = form.status if form else error.status if error else 200
    return render(request, "assist_sources.html", context, actor=actor, status=status)


def _command(house: House, person_id: int, project_id: int, typed: dict[str, str]) -> AddAssistant:
    place = typed["url"].partition("://")[2].partition("/")[0] or typed["url"]
    config: dict[str, Any] = {
        "url": typed["url"],
        "hostname": typed["hostname"] or house.settings.base_url,
        "field": typed["text_field"],
        "basic_user": typed["basic_user"],
        "basic_secret": typed["basic_secret"],
    }
    if typed["learns"] == "no":
        config["learns"] = False
    return AddAssistant(
        author_id=person_id,
        project_id=project_id,
        kind="label_studio",
        name=typed["name"] or free_name(house.db, project_id, place),
        config={name: value for name, value in config.items() if value != ""},
        interactive=typed["interactive"] == "yes",
    )


def _back(project_id: int, place: str) -> Response:
    return RedirectResponse(f"/projects/{project_id}/assist/sources#{place}", status_code=303)
