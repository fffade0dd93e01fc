"""The task browser over the API: list, export, act on many, saved views."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.errors import InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.act_on_tasks import TaskAct, act_on_tasks
from fairhand.use_cases.ask_task_act import AskTaskAct, ask_task_act
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_views import (
    ChangeView,
    DeleteView,
    SaveView,
    change_view,
    delete_view,
    save_view,
)
from fairhand.use_cases.read_task_story import read_task_story
from fairhand.use_cases.read_tasks import MOST_ROWS, PAGE_ROWS, read_tasks
from fairhand.use_cases.read_views import read_views
from fairhand.web.api.bodies import TaskActBody, ViewBody, ViewChangeBody
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute
from fairhand.web.shared.task_files import export_of
from fairhand.web.shared.task_rows import page_json, story_json, view_json
from fairhand.work.tasks.rules import TaskQuery, parse_cursor, parse_query

router = APIRouter(prefix="/api/v1", tags=["tasks"], route_class=StrictRoute)
OWN: Final = ("after", "rows", "format", "count")
"""What an address says beside filters."""


def query_of(request: Request) -> TaskQuery:
    """Read the filters of an address; one that stands there twice is taken together."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in OWN and value.strip():
            found[name] = f"{found[name]},{value}" if name in found else value
    return parse_query(found)


@router.get("/projects/{project_id}/tasks")
@guard("task.browse")
def list_all(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    after: Annotated[str, Query(max_length=100)] = "",
    rows: Annotated[int, Query(ge=1, le=MOST_ROWS)] = PAGE_ROWS,
    count: bool = True,
) -> Response:
    """List tasks: filters and order as in the browser's address, a page at a time.

    `after` of one answer is `after` of the next question. `stopped_early` says that the look ended
    before the page was full: there may be more further on, ask again with `after`.
    """
    query = query_of(request)
    page = read_tasks(
        house.db, actor, project_id, query, parse_cursor(after), rows, counts=count and not after
    )
    return reply(page_json(page))


@router.get("/projects/{project_id}/tasks/export")
@guard("task.browse")
def export(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    format: str = "csv",  # the parameter's name
) -> Response:
    """Write all tasks that fit as CSV or JSON lines: numbers, states, joint answers; no data."""
    return export_of(house, actor, project_id, query_of(request), format)


@router.get("/projects/{project_id}/tasks/{task_id}")
@guard("task.browse")
def show(house: House, actor: Actor, project_id: int, task_id: int) -> Response:
    """Show one task's whole story: data, predictions, answers, reviews, the releases it is in."""
    return reply(story_json(read_task_story(house.db, actor, project_id, task_id, house.secret)))


@router.post("/projects/{project_id}/tasks/act")
@guard("project.edit")
def act(house: House, actor: Actor, project_id: int, body: TaskActBody) -> Response:
    """Set aside, take back, ask again or change the overlap of tasks, or of all that fit.

    With `query` it is a job: answers 202 with the job to look at. Never deletes an answer.
    """
    if (body.tasks is None) == (body.query is None):
        issue = Issue("tasks", "Give either tasks, or a query that they fit.")
        raise InvalidError(issue.message, issues=[issue])
    told = TaskAct(actor.person_id, project_id, body.act, body.wanted)
    now = house.clock()
    if body.tasks is not None:
        done = act_on_tasks(house.db, told, body.tasks, now)
        return reply(asdict(done) | {"at": now})
    command = AskTaskAct(told, parse_query(body.query or {}))
    job_id = ask_task_act(house.db, actor, command, now)
    return reply({"job_id": job_id, "href": f"/api/v1/jobs/{job_id}", "at": now}, 202)


@router.get("/projects/{project_id}/views")
@guard("task.browse")
def views(house: House, actor: Actor, project_id: int) -> Response:
    """List your saved views of the task browser, and those that are shared with the project."""
    found = read_views(house.db, project_id, actor.person_id)
    return reply({"views": [view_json(one, actor.person_id) for one in found]})


@router.post("/projects/{project_id}/views", status_code=201)
@guard("task.browse")
def save(house: House, actor: Actor, project_id: int, body: ViewBody) -> Response:
    """Keep a view under a name; shared, everybody who sees the project finds it."""
    query = parse_query(body.query)
    command = SaveView(actor.person_id, project_id, body.name, query, body.shared)
    return reply({"id": save_view(house.db, command, house.clock())}, 201)


@router.patch("/projects/{project_id}/views/{view_id}")
@guard("task.browse")
def change(
    house: House, actor: Actor, project_id: int, view_id: int, body: ViewChangeBody
) -> Response:
    """Rename, share or change one of your views."""
    query = None if body.query is None else parse_query(body.query)
    command = ChangeView(actor.person_id, project_id, view_id, body.name, query, body.shared)
    change_view(house.db, command, house.clock())
    return reply(_changed(view_id))


@router.delete("/projects/{project_id}/views/{view_id}")
@guard("task.browse")
def forget(house: House, actor: Actor, project_id: int, view_id: int) -> Response:
    """Delete one of your views."""
    delete_view(house.db, DeleteView(actor.person_id, project_id, view_id), house.clock())
    return reply(_changed(view_id))


def _changed(view_id: int) -> dict[str, Any]:
    return {"id": view_id}
