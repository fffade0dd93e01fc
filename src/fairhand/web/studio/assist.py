"""The overview of assistance: the tick, its settings, and whether it helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.set_assist_policy import SetAssistPolicy, set_assist_policy
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import failed
from fairhand.web.shared.pages import render
from fairhand.web.studio.assist_view import page

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=200)]
Lines = Annotated[str, Field(max_length=5_000)]


@router.get("/projects/{project_id:int}/assist")
@guard("project.status")
def overview(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show whether assistance is on, whether it helps, and what one more paid hour buys."""
    return render(request, "assist.html", page(house, actor, project_id), actor=actor)


@router.post("/projects/{project_id:int}/assist/tick")
@guard("project.edit", form=True)
def tick(
    house: House, actor: Actor, request: Request, project_id: int, is_on: Text = ""
) -> Response:
    """Switch assistance on or off."""
    command = SetAssistPolicy(actor.person_id, project_id, is_on=is_on == "yes")
    try:
        set_assist_policy(house.db, command, house.clock(), blobs=house.blobs)
    except FairhandError as error:
        context = page(house, actor, project_id) | {"error": error}
        return render(request, "assist.html", context, actor=actor, status=error.status)
    return _back(project_id)


@router.post("/projects/{project_id:int}/assist/settings")
@guard("project.edit", form=True)
def settings(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    reorders: Text = "",
    strategy: Text = "auto",
    ask: Text = "auto",
    blind: Text = "",
    holdout: Text = "",
    target: Text = "",
    coverage: Lines = "",
    slices: Lines = "",
) -> Response:
    """Change how assistance works; what is left empty stays as it is, an empty target goes."""
    values = {
        "reorders": reorders,
        "strategy": strategy,
        "ask": ask,
        "blind": blind,
        "holdout": holdout,
        "target": target,
        "coverage": coverage,
        "slices": slices,
    }
    try:
        command = read_settings(values, actor.person_id, project_id)
        set_assist_policy(house.db, command, house.clock(), blobs=house.blobs)
    except FairhandError as error:
        form = failed(_renamed(error), values)
        context = page(house, actor, project_id, form)
        return render(request, "assist.html", context, actor=actor, status=error.status)
    return _back(project_id)


def read_settings(values: Mapping[str, str], author_id: int, project_id: int) -> SetAssistPolicy:
    """Read the settings as they were typed; raises InvalidError naming the field."""
    blind, holdout = _percent(values, "blind"), _percent(values, "holdout")
    return SetAssistPolicy(
        author_id,
        project_id,
        reorders=bool(values["reorders"]),
        strategy=values["strategy"],
        ask=values["ask"],
        coverage=_coverage(values["coverage"]),
        slice_fields=tuple(one.strip() for one in values["slices"].split(",") if one.strip()),
        target_quality=(_percent(values, "target") or 0.0) / 100,
        blind_permille=None if blind is None else round(10 * blind),
        holdout_permille=None if holdout is None else round(10 * holdout),
    )


def _percent(values: Mapping[str, str], name: str) -> float | None:
    typed = values[name].strip().removesuffix("%").strip()
    if not typed:
        return None
    return _number(typed, name)


def _number(typed: str, name: str) -> float:
    try:
        found = float(typed.replace(",", "."))
    except ValueError:
        found = -1.0
    if not 0.0 <= found <= 100.0:
        raise _wrong(name, "Give a number from 0 to 100, as 10.")
    return found


def _coverage(text: str) -> dict[str, dict[str, float]]:
    """Read lines like `language: sw 30, en 50`."""
    found: dict[str, dict[str, float]] = {}
    for line in filter(str.strip, text.splitlines()):
        field, colon, shares = line.partition(":")
        if not colon or not field.strip() or not shares.strip():
            raise _wrong("coverage", "Write a field, a colon, and values with their percentage.")
        each = found.setdefault(field.strip(), {})
        for part in shares.split(","):
            value, _, share = part.strip().rpartition(" ")
            if not value:
                raise _wrong("coverage", f"Say how many percent “{part.strip()}” shall have.")
            each[value.strip()] = _number(share.removesuffix("%"), "coverage") / 100
    return found


def _wrong(name: str, words: str) -> InvalidError:
    return InvalidError(words, issues=[Issue(name, words)])


_FIELDS = {
    "blind_permille": "blind",
    "holdout_permille": "holdout",
    "target_quality": "target",
    "slice_fields": "slices",
}


def _renamed(error: FairhandError) -> FairhandError:
    """Let the story's issues lead to the fields of the form."""
    issues = [
        Issue(_FIELDS.get(one.place, one.place), one.message, one.severity) for one in error.issues
    ]
    if not issues:
        return error
    return InvalidError(error.message, issues=issues)


def _back(project_id: int) -> Response:
    return RedirectResponse(f"/projects/{project_id}/assist", status_code=303)
