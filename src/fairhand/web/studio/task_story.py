"""One task's page: its data as people see it, and its story from top to bottom."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.act_on_tasks import TaskAct, act_on_tasks
from fairhand.use_cases.house import House
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.read_task_story import WHY_BLIND, read_task_story
from fairhand.use_cases.unmark_gold import UnmarkGold, unmark_gold
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render
from fairhand.web.studio.task_story_view import moments, votes_over_time
from fairhand.work.tasks.rules import STATES

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=10_000)]


@router.get("/projects/{project_id:int}/tasks/{task_id:int}")
@guard("task.browse")
def story(house: House, actor: Actor, request: Request, project_id: int, task_id: int) -> Response:
    """Show one task's whole story."""
    return _show(house, actor, request, project_id, task_id)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    task_id: int,
    error: FairhandError | None = None,
) -> Response:
    told = read_task_story(house.db, actor, project_id, task_id, house.secret)
    may_edit = may(actor, "project.edit", project_id) and told.project.archived_at is None
    context: dict[str, Any] = {
        "project": told.project,
        "story": told,
        "row": told.row,
        "state": STATES["waiting" if told.told is None else told.row.state],
        "moments": moments(told),
        "chart": votes_over_time(told),
        "why_blind": WHY_BLIND,
        "may_edit": may_edit and told.told is not None,
        "may_review": may(actor, "annotation.review", project_id)
        and told.told is not None
        and bool(told.told.answers)
        and told.row.state in ("answered", "agreed", "in_doubt"),
        "choices": [
            (one.name, one.title, [str(label["value"]) for label in one.config["labels"]])
            for one in told.questions
            if one.kind == "choice" and one.config.get("labels")
        ],
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "task_story.html", context, actor=actor, status=status)


@router.post("/projects/{project_id:int}/tasks/{task_id:int}")
@guard("project.edit", form=True)
def act(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    task_id: int,
    act: Text = "",
    question: Text = "",
    label: Text = "",
    explanation: Text = "",
) -> Response:
    """Set one task aside, take it back, ask again, make it gold or ordinary."""
    try:
        if act == "gold":
            _mark(house, actor, project_id, task_id, (question, label, explanation))
        elif act == "ungold":
            command = UnmarkGold(actor.person_id, project_id, task_id)
            unmark_gold(house.db, command, house.clock())
        else:
            told = TaskAct(actor.person_id, project_id, act)
            act_on_tasks(house.db, told, (task_id,), house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, task_id, error)
    return RedirectResponse(f"/projects/{project_id}/tasks/{task_id}", status_code=303)


def _mark(
    house: House, actor: Actor, project_id: int, task_id: int, said: tuple[str, str, str]
) -> None:
    question, label, explanation = said
    if not label:
        issue = Issue("label", "Choose the right answer first.")
        raise InvalidError(issue.message, issues=[issue])
    value = {question: label}
    command = MarkGold(actor.person_id, project_id, task_id, value, explanation)
    mark_gold(house.db, command, house.clock())
