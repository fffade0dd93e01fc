"""The readiness page and the pilot page, and their forms."""

from __future__ import annotations

from random import Random
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, ForbiddenError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.decide_pilot import DecidePilot, decide_pilot
from fairhand.use_cases.house import House
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.set_readiness_terms import SetReadinessTerms, set_readiness_terms
from fairhand.use_cases.start_pilot import StartPilot, start_pilot
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed, money_of
from fairhand.web.shared.pages import render
from fairhand.web.studio.readiness_view import pilot_page, ready_page

router = APIRouter(include_in_schema=False)
Short = Annotated[str, Field(max_length=80)]
Text = Annotated[str, Field(max_length=10_000)]


@router.get("/projects/{project_id:int}/ready")
@guard("project.status")
def ready(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the four stages: what is done, what is missing, who can mend it, and when."""
    return _show_ready(house, actor, request, project_id, None)


@router.post("/projects/{project_id:int}/ready")
@guard("project.edit", form=True)
def set_terms(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    target_alpha: Short = "",
    people_wanted: Short = "",
    qualified_wanted: Short = "",
    gold_wanted: Short = "",
    skills_wanted: Annotated[list[str] | None, Field()] = None,
    skill_gap: Text = "",
) -> Response:
    """Change what is asked for before the project opens."""
    values = {
        "target_alpha": target_alpha,
        "people_wanted": people_wanted,
        "qualified_wanted": qualified_wanted,
        "gold_wanted": gold_wanted,
        "skills_wanted": ",".join(skills_wanted or ()),
        "skill_gap": skill_gap,
    }
    try:
        command = SetReadinessTerms(
            actor.person_id,
            project_id,
            target_alpha=_share(target_alpha),
            people_wanted=_count(people_wanted, "people_wanted"),
            qualified_wanted=_count(qualified_wanted, "qualified_wanted"),
            gold_wanted=_count(gold_wanted, "gold_wanted"),
            skills_wanted=tuple(_count(one, "skills_wanted") for one in skills_wanted or ()),
            skill_gap=skill_gap.replace("\r\n", "\n"),
        )
        set_readiness_terms(house.db, command, house.clock())
    except FairhandError as error:
        return _show_ready(house, actor, request, project_id, failed(error, values))
    return RedirectResponse(f"/projects/{project_id}/ready", status_code=303)


@router.get("/projects/{project_id:int}/pilot")
@guard("project.status")
def pilot(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the newest pilot as it stands, and those before."""
    return _show_pilot(house, actor, request, project_id, {})


@router.post("/projects/{project_id:int}/pilot")
@guard("project.open", form=True)
def start(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    tasks: Short = "",
    people: Short = "",
    amount: Short = "",
) -> Response:
    """Start a pilot."""
    values = {"tasks": tasks, "people": people, "amount": amount}
    try:
        currency = read_project(house.db, project_id).currency
        command = StartPilot(
            actor.person_id,
            project_id,
            _count(tasks, "tasks"),
            _count(people, "people"),
            money_of(amount, currency, "amount"),
        )
        start_pilot(house.db, command, house.clock(), Random())  # noqa: S311  # a sample
    except FairhandError as error:
        return _show_pilot(house, actor, request, project_id, {"start": failed(error, values)})
    return _back(project_id)


@router.post("/projects/{project_id:int}/pilot/decide")
@guard("project.open", form=True)
def decide(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    outcome: Short = "",
    reason: Text = "",
) -> Response:
    """Say go or no-go, as a person who is signed in."""
    if actor.scope is not None:
        raise ForbiddenError("A pilot is decided by a person who is signed in, not by a token.")
    try:
        command = DecidePilot(
            actor.person_id, project_id, _outcome(outcome), reason.replace("\r\n", "\n")
        )
        decide_pilot(house.db, command, house.clock())
    except FairhandError as error:
        forms = {"decide": failed(error, {"reason": reason})}
        return _show_pilot(house, actor, request, project_id, forms)
    return _back(project_id)


def _outcome(text: str) -> Literal["go", "no_go"]:
    if text == "go":
        return "go"
    if text == "no_go":
        return "no_go"
    raise InvalidError("Choose go or no-go.", issues=[Issue("outcome", "Choose go or no-go.")])


def _count(text: str, place: str) -> int:
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) < 10:
        return int(digits)
    message = "Give a whole number."
    raise InvalidError(message, issues=[Issue(place, message)])


def _share(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        message = "Give a number from 0 to 1, as 0.667."
        raise InvalidError(message, issues=[Issue("target_alpha", message)]) from None


def _show_ready(
    house: House, actor: Actor, request: Request, project_id: int, form: Form | None
) -> Response:
    context = ready_page(house, actor, project_id, form)
    status = form.status if form else 200
    return render(request, "ready.html", context, actor=actor, status=status)


def _show_pilot(
    house: House, actor: Actor, request: Request, project_id: int, forms: dict[str, Form]
) -> Response:
    context = pilot_page(house, actor, project_id, forms)
    status = next((form.status for form in forms.values()), 200)
    return render(request, "pilot.html", context, actor=actor, status=status)


def _back(project_id: int) -> Response:
    return RedirectResponse(f"/projects/{project_id}/pilot", status_code=303)
