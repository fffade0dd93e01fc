"""The pages of models: every version with its score as a picture, promote, roll back, the card."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.ask_assist_work import AskAssistWork, ask_assist_work
from fairhand.use_cases.house import House
from fairhand.use_cases.promote_version import PromoteVersion, promote_version
from fairhand.use_cases.read_models import Model, read_card, read_model, read_models
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
Work = Annotated[Literal["train", "rank"], Field()]
Shown = Annotated[int | None, Field(ge=1, le=2**63 - 1)]

_IN_PICTURE = 12
_STATES = {
    "candidate": "waits",
    "refused": "not better",
    "promoted": "shown",
    "retired": "shown before",
}


@router.get("/projects/{project_id:int}/assist/models")
@guard("project.status")
def models(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """List the versions, newest first, with how each did on people's answers."""
    return _list(house, actor, request, project_id)


@router.get("/projects/{project_id:int}/assist/models/{version_id:int}")
@guard("project.status")
def model(
    house: House, actor: Actor, request: Request, project_id: int, version_id: int
) -> Response:
    """Show the model card of a version."""
    found = read_model(house.db, project_id, version_id)
    context = {
        "project": read_models(house.db, project_id).project,
        "one": found,
        "card": read_card(house.db, project_id, version_id),
        "picture": _picture_of_questions(found),
        "states": _STATES,
        "request_path": f"/projects/{project_id}/assist/models/{version_id}",
    }
    return render(request, "assist_model.html", context, actor=actor)


@router.post("/projects/{project_id:int}/assist/models/{version_id:int}/promote")
@guard("project.edit", form=True)
def promote(
    house: House, actor: Actor, request: Request, project_id: int, version_id: int
) -> Response:
    """Show people this version's proposals from now on."""
    command = PromoteVersion(actor.person_id, project_id, version_id)
    return _promote(house, actor, request, command)


@router.post("/projects/{project_id:int}/assist/models/rollback")
@guard("project.edit", form=True)
def roll_back(
    house: House, actor: Actor, request: Request, project_id: int, instead_of: Shown = None
) -> Response:
    """Show the version that was shown before, in place of the one that the page showed."""
    command = PromoteVersion(actor.person_id, project_id, instead_of=instead_of)
    return _promote(house, actor, request, command)


@router.post("/projects/{project_id:int}/assist/models/work")
@guard("project.edit", form=True)
def work(
    house: House, actor: Actor, request: Request, project_id: int, work: Work = "train"
) -> Response:
    """Ask for training, or for a new order of the queue."""
    try:
        command = AskAssistWork(project_id, work, actor.person_id)
        ask_assist_work(house.db, command, house.clock())
    except FairhandError as error:
        return _list(house, actor, request, project_id, error)
    return _back(project_id)


def _promote(house: House, actor: Actor, request: Request, command: PromoteVersion) -> Response:
    try:
        promote_version(house.db, command, house.clock())
    except FairhandError as error:
        return _list(house, actor, request, command.project_id, error)
    return _back(command.project_id)


def _list(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    error: FairhandError | None = None,
) -> Response:
    found = read_models(house.db, project_id)
    context: dict[str, Any] = {
        "project": found.project,
        "found": found,
        "picture": _picture(found.models[:_IN_PICTURE]),
        "states": _STATES,
        "error": error,
        "may_edit": may(actor, "project.edit", project_id),
        "request_path": f"/projects/{project_id}/assist/models",
    }
    status = error.status if error else 200
    return render(request, "assist_models.html", context, actor=actor, status=status)


def _picture(found: tuple[Model, ...]) -> str:
    """Draw each version's score with its interval; those that are not measured are left out."""
    items = [
        charts.Interval(
            f"{one.assistant.name} {one.version.number}",
            one.version.report["score"],
            one.version.report["low"],
            one.version.report["high"],
        )
        for one in found
        if one.version.report.get("score") is not None
    ]
    return charts.intervals("Score of each version on people's answers", items) if items else ""


def _picture_of_questions(found: Model) -> str:
    questions = found.version.report.get("questions", {})
    items = []
    for name, one in questions.items():
        items.append(charts.Interval(name, one["score"], one["low"], one["high"]))
        items += [
            charts.Interval(slice_name, part["score"], part["low"], part["high"])
            for slice_name, part in one.get("slices", {}).items()
        ]
    return charts.intervals("Score by question and slice", items) if items else ""


def _back(project_id: int) -> Response:
    return RedirectResponse(f"/projects/{project_id}/assist/models", status_code=303)
