"""The task browser: a list of a project's tasks, and what is done with many of them."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.act_on_tasks import ACTS, AT_ONCE, TaskAct, act_on_tasks
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
from fairhand.use_cases.read_tasks import count_closed, read_tasks
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render
from fairhand.web.shared.task_files import export_of
from fairhand.web.studio.tasks_view import address, page
from fairhand.work.tasks.rules import NAMES, TaskQuery, parse_query, query_texts

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=10_000)]
Chosen = Annotated[list[int] | None, Form(max_length=AT_ONCE)]


@router.get("/projects/{project_id:int}/tasks")
@guard("task.browse")
def tasks(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show tasks that fit, a page at a time."""
    return _show(house, actor, request, project_id)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    error: FairhandError | None = None,
) -> Response:
    query = TaskQuery()
    try:
        query = _asked(request.query_params.multi_items())
        context = page(house, actor, request, project_id, query)
    except InvalidError as wrong:
        if not request.query_params:
            raise
        error = error or wrong
        bare = Request({**request.scope, "query_string": b""})
        context = page(house, actor, bare, project_id, TaskQuery())
    status = error.status if error else 200
    return render(request, "tasks.html", context | {"error": error}, actor=actor, status=status)


def _asked(pairs: list[tuple[str, str]]) -> TaskQuery:
    """Read the filters of an address, and leave alone what else stands there."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in NAMES and value.strip():
            found[name] = f"{found[name]},{value}" if name in found else value
    return parse_query(found)


def _said(query: str) -> TaskQuery:
    return _asked(parse_qsl(query, max_num_fields=100))


@router.get("/projects/{project_id:int}/tasks/export")
@guard("task.browse")
def export(
    house: House, actor: Actor, request: Request, project_id: int, format: str = "csv"
) -> Response:
    """Write a list of all tasks that fit."""
    query = _asked(request.query_params.multi_items())
    return export_of(house, actor, project_id, query, format)


@router.post("/projects/{project_id:int}/tasks/export")
@guard("task.browse", form=True)
def export_chosen(
    house: House, actor: Actor, project_id: int, act: Text = "export_csv", task: Chosen = None
) -> Response:
    """Write a list of the chosen tasks."""
    query = TaskQuery(ids=tuple(task or ()))
    return export_of(house, actor, project_id, query, act.removeprefix("export_"))


@router.post("/projects/{project_id:int}/tasks/act")
@guard("project.edit", form=True)
def act(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    act: Text = "",
    task: Chosen = None,
    scope: Text = "chosen",
    query: Text = "",
    wanted: Text = "",
    confirmed: Text = "",
) -> Response:
    """Say what would be done and with how many tasks; done once that is confirmed."""
    try:
        asked = _said(query)
        if act.startswith("export_"):
            chosen = asked if scope == "all" else TaskQuery(ids=tuple(task or ()))
            return export_of(house, actor, project_id, chosen, act.removeprefix("export_"))
        told = TaskAct(actor.person_id, project_id, act, _number(act, wanted))
        told.check()
        if scope != "all" and not task:
            issue = Issue("task", "Choose tasks first: tick them, or take all that fit.")
            raise InvalidError(issue.message, issues=[issue])
        if not confirmed:
            return _preview(house, actor, request, told, asked, None if scope == "all" else task)
        if scope == "all":
            return _act_on_all(house, actor, told, asked)
        return _act(house, told, asked, tuple(task or ()))
    except FairhandError as error:
        bare = Request({**request.scope, "query_string": b""})
        return _show(house, actor, bare, project_id, error)


def _number(act: str, typed: str) -> int:
    if act != "overlap":
        return 0
    if not (typed.isascii() and typed.isdigit() and len(typed) < 6):
        issue = Issue("wanted", "Say how many people are to answer each task, as 3.")
        raise InvalidError(issue.message, issues=[issue])
    return int(typed)


def _preview(
    house: House,
    actor: Actor,
    request: Request,
    told: TaskAct,
    query: TaskQuery,
    chosen: list[int] | None,
) -> Response:
    """Show what would happen, and with how many."""
    scope = TaskQuery(ids=tuple(chosen)) if chosen is not None else query
    found = read_tasks(house.db, actor, told.project_id, scope, rows=5)
    context: dict[str, Any] = {
        "project": found.project,
        "page": found,
        "told": told,
        "name": ACTS[told.act],
        "chosen": chosen,
        "query": urlencode(query_texts(query)),
        "back": address(told.project_id, query),
        "texts": query_texts(query),
        "closed": count_closed(house.db, actor, told.project_id, scope)
        if told.act in ("ask_again", "overlap")
        else None,
    }
    return render(request, "tasks_act.html", context, actor=actor)


def _act(house: House, told: TaskAct, query: TaskQuery, ids: tuple[int, ...]) -> Response:
    now = house.clock()
    done = act_on_tasks(house.db, told, ids, now)
    more = {"did_act": told.act, "did_changed": str(done.changed), "did_of": str(done.of)}
    if told.act == "set_aside":
        more["did_at"] = str(now)
    return _back(address(told.project_id, query, **more))


def _act_on_all(house: House, actor: Actor, told: TaskAct, query: TaskQuery) -> Response:
    ask_task_act(house.db, actor, AskTaskAct(told, query), house.clock())
    return _back(address(told.project_id, TaskQuery()))


@router.post("/projects/{project_id:int}/tasks/views")
@guard("task.browse", form=True)
def save(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    name: Text = "",
    query: Text = "",
    shared: Text = "",
) -> Response:
    """Keep the filters and the order that are in the address, under a name."""
    try:
        asked = _said(query)
        command = SaveView(actor.person_id, project_id, name, asked, bool(shared))
        save_view(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error)
    return _back(address(project_id, asked))


@router.post("/projects/{project_id:int}/tasks/views/{view_id:int}")
@guard("task.browse", form=True)
def change(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    view_id: int,
    do: Text = "keep",
    name: Text = "",
    shared: Text = "",
    query: Text = "",
) -> Response:
    """Rename one's own view, share it, or delete it."""
    asked = TaskQuery()
    try:
        if do == "delete":
            delete_view(house.db, DeleteView(actor.person_id, project_id, view_id), house.clock())
        else:
            asked = _said(query)
            command = ChangeView(actor.person_id, project_id, view_id, name, None, bool(shared))
            change_view(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error)
    return _back(address(project_id, asked))


def _back(href: str) -> Response:
    return RedirectResponse(href, status_code=303)
