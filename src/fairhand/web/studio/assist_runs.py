"""The runs that pre-label a whole project: start one, see how far it is, stop it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.core.money import Money, micros_to_minor_up
from fairhand.model.job import Job
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.ask_prelabel import PRELABEL_PROJECT, AskPrelabel, ask_prelabel
from fairhand.use_cases.end_prelabel import EndPrelabel, end_prelabel
from fairhand.use_cases.house import House
from fairhand.use_cases.read_jobs import list_jobs
from fairhand.use_cases.read_prelabel import RunView, list_able, list_runs
from fairhand.use_cases.read_project import read_project
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
_JOBS_SEEN = 50
_STATES = {
    "running": ("running", ""),
    "done": ("done", "ok"),
    "failed": ("failed", "bad"),
    "stopped": ("stopped", "warn"),
}


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in words, for the page."""

    view: RunView
    word: str
    tone: str
    dealt: int
    percent: str
    cost: str
    problems: list[str]


@router.get("/projects/{project_id:int}/assist/runs")
@guard("project.status")
def show(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the runs of a project."""
    return _show(house, actor, request, project_id)


@router.get("/projects/{project_id:int}/assist/runs/panel")
@guard("project.status")
def panel(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Give the part of the page that changes while a run goes on."""
    context = _context(house, actor, project_id)
    return render(request, "assist_runs_panel.html", context, actor=actor)


@router.post("/projects/{project_id:int}/assist/runs")
@guard("project.edit", form=True)
def start(
    house: House, actor: Actor, request: Request, project_id: int, assistant_id: Number = 0
) -> Response:
    """Ask for a run, or for one that was cut off to go on."""
    try:
        command = AskPrelabel(actor.person_id, project_id, assistant_id)
        ask_prelabel(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error)
    return _back(project_id)


@router.post("/projects/{project_id:int}/assist/runs/{run_id:int}/stop")
@guard("project.edit", form=True)
def stop(house: House, actor: Actor, request: Request, project_id: int, run_id: int) -> Response:
    """Stop a run; what it proposed stays."""
    try:
        command = EndPrelabel(project_id, run_id, "stopped", person_id=actor.person_id)
        end_prelabel(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error)
    return _back(project_id)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    error: FairhandError | None = None,
) -> Response:
    context = _context(house, actor, project_id) | {"error": error}
    status = error.status if error else 200
    return render(request, "assist_runs.html", context, actor=actor, status=status)


def _context(house: House, actor: Actor, project_id: int) -> dict[str, Any]:
    jobs = list_jobs(house.db, project_id, _JOBS_SEEN, PRELABEL_PROJECT)
    able = list_able(house.db, project_id)
    return {
        "project": read_project(house.db, project_id),
        "request_path": f"/projects/{project_id}/assist/runs",
        "runs": [run_line(view) for view in list_runs(house.db, project_id)],
        "waiting": [job for job in jobs if _is_unseen(job)],
        "able": able,
        "names": {one.id: one.name for one in able},
        "may_edit": may(actor, "project.edit", project_id),
    }


def _is_unseen(job: Job) -> bool:
    """A job whose run has not begun, or never came to be: its words are told by itself alone."""
    return job.state == "queued" or (job.state == "failed" and job.done == 0)


def run_line(view: RunView) -> RunLine:
    """Put a run's figures into words."""
    run = view.run
    dealt = run.done + run.failed
    word, tone = _STATES[run.state]
    share = 100 * dealt / run.total if run.total else 100.0
    cost = ""
    if run.cost_currency is not None:
        cost = str(Money(micros_to_minor_up(run.cost_micros), run.cost_currency))
    problems = [line for line in (run.problem or "").split("\n") if line]
    return RunLine(view, word, tone, dealt, f"{min(share, 100):.0f} %", cost, problems)


def _back(project_id: int) -> Response:
    return RedirectResponse(f"/projects/{project_id}/assist/runs", status_code=303)
