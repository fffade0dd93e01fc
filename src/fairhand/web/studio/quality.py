"""The Quality page: where people disagree, how good it is, and what may be done about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.ask_again import AskAgain, ask_again
from fairhand.use_cases.house import House
from fairhand.use_cases.look_at_signal import LookAtSignal, look_at_signal
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.set_gold_share import SetGoldShare, set_gold_share
from fairhand.use_cases.unmark_gold import UnmarkGold, unmark_gold
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render
from fairhand.web.studio.quality_view import page

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=10_000)]
Number = Annotated[int, Form(ge=0, le=2**63 - 1)]


@router.get("/projects/{project_id:int}/quality")
@guard("project.status")
def quality(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show how good a project's answers are."""
    return _show(house, actor, request, project_id)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    error: FairhandError | None = None,
) -> Response:
    context: dict[str, Any] = page(house, actor, project_id) | {"error": error}
    status = error.status if error else 200
    return render(request, "quality.html", context, actor=actor, status=status)


@router.post("/projects/{project_id:int}/quality/ask")
@guard("project.edit", form=True)
def ask(house: House, actor: Actor, request: Request, project_id: int, task_id: Number) -> Response:
    """Ask one more person about a task."""
    try:
        ask_again(house.db, AskAgain(actor.person_id, project_id, (task_id,)), house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error)
    return _back(project_id, "doubt")


@router.post("/projects/{project_id:int}/quality/gold")
@guard("project.edit", form=True)
def gold(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    task_id: Number,
    question: Text = "",
    label: Text = "",
    explanation: Text = "",
) -> Response:
    """Say what the right answer is; the task is gold from now on."""
    try:
        if not label:
            issue = Issue("label", "Choose the right answer first.")
            raise InvalidError(issue.message, issues=[issue])
        value = {question: label}
        command = MarkGold(actor.person_id, project_id, task_id, value, explanation)
        mark_gold(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error)
    return _back(project_id, "gold")


@router.post("/projects/{project_id:int}/quality/ungold")
@guard("project.edit", form=True)
def ungold(
    house: House, actor: Actor, request: Request, project_id: int, task_id: Number
) -> Response:
    """Make a gold task an ordinary one again."""
    try:
        unmark_gold(house.db, UnmarkGold(actor.person_id, project_id, task_id), house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error)
    return _back(project_id, "gold")


@router.post("/projects/{project_id:int}/quality/share")
@guard("project.edit", form=True)
def share(
    house: House, actor: Actor, request: Request, project_id: int, percent: Text = ""
) -> Response:
    """Decide how often people meet gold tasks."""
    try:
        command = SetGoldShare(actor.person_id, project_id, _number(percent))
        set_gold_share(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error)
    return _back(project_id, "gold")


@router.post("/projects/{project_id:int}/quality/signals/{signal_id:int}")
@guard("project.edit", form=True)
def signal(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    signal_id: int,
    state: Text = "set_aside",
    note: Text = "",
) -> Response:
    """Set a signal aside with a note, or open it again."""
    try:
        command = LookAtSignal(
            actor.person_id,
            project_id,
            signal_id,
            "open" if state == "open" else "set_aside",
            note,
        )
        look_at_signal(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error)
    return _back(project_id, "signals")


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        issue = Issue("percent", "Give a number, as 5.")
        raise InvalidError(issue.message, issues=[issue]) from None


def _back(project_id: int, place: str) -> Response:
    return RedirectResponse(f"/projects/{project_id}/quality#{place}", status_code=303)
