"""Pre-labelling whole projects over the API, and the sources that are described or uploaded."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, File, Form, UploadFile
from starlette.responses import Response

from fairhand.compute.assistants.onnx_file import MOST_BYTES
from fairhand.core.clock import iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.add_source import AddSource, add_source
from fairhand.use_cases.ask_prelabel import AskPrelabel, ask_prelabel
from fairhand.use_cases.end_prelabel import EndPrelabel, end_prelabel
from fairhand.use_cases.house import House
from fairhand.use_cases.read_prelabel import RunView, list_runs, read_run
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute
from fairhand.work.prelabel.run_store import PrelabelRun
from fairhand.work.prelabel.store import Assistant

router = APIRouter(prefix="/api/v1", tags=["assist"], route_class=StrictRoute)


class RunBody(Body):
    """Which assistant shall propose for every task."""

    assistant_id: Id


class EndpointBody(Body):
    """An OpenAI-compatible endpoint: its name here, and its description."""

    name: str
    config: dict[str, Any]


@router.get("/projects/{project_id}/assist/runs")
@guard("project.status")
def runs(house: House, actor: Actor, project_id: int) -> Response:
    """List the runs that pre-labelled a project, newest first, with what they cost."""
    return reply({"runs": [_fields(view) for view in list_runs(house.db, project_id)]})


@router.post("/projects/{project_id}/assist/runs", status_code=202)
@guard("project.edit")
def start(house: House, actor: Actor, project_id: int, body: RunBody) -> Response:
    """Propose for every task; a run that was cut off goes on. Answers 202 with the job."""
    command = AskPrelabel(actor.person_id, project_id, body.assistant_id)
    job_id = ask_prelabel(house.db, command, house.clock())
    return reply({"job_id": job_id, "href": f"/api/v1/jobs/{job_id}"}, 202)


@router.get("/projects/{project_id}/assist/runs/{run_id}")
@guard("project.status")
def run(house: House, actor: Actor, project_id: int, run_id: int) -> Response:
    """Say how far a run is."""
    return reply(_fields(read_run(house.db, project_id, run_id)))


@router.post("/projects/{project_id}/assist/runs/{run_id}/stop")
@guard("project.edit")
def stop(house: House, actor: Actor, project_id: int, run_id: int) -> Response:
    """Stop a run; what it proposed stays, and it can go on later."""
    command = EndPrelabel(project_id, run_id, "stopped", person_id=actor.person_id)
    end_prelabel(house.db, command, house.clock())
    return reply(_fields(read_run(house.db, project_id, run_id)))


@router.post("/projects/{project_id}/assist/networks/import", status_code=201)
@guard("project.edit")
def add_network(
    house: House,
    actor: Actor,
    project_id: int,
    file: Annotated[UploadFile, File()],
    name: Annotated[str, Form(max_length=60)],
    config: Annotated[str, Form(max_length=20_000)] = "{}",
) -> Response:
    """Add an ONNX network; `config` is a JSON object that says how it is fed and read."""
    try:
        given = orjson.loads(config)
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        issue = Issue("config", "must be a JSON object")
        raise InvalidError("The description cannot be read.", issues=[issue])
    content = file.file.read(MOST_BYTES + 1)
    command = AddSource(actor.person_id, project_id, "onnx", name, given, content)
    return reply(_source(add_source(house.db, house.blobs, command, house.clock())), 201)


@router.post("/projects/{project_id}/assist/endpoints", status_code=201)
@guard("project.edit")
def add_endpoint(house: House, actor: Actor, project_id: int, body: EndpointBody) -> Response:
    """Add an OpenAI-compatible endpoint; its key is named, never sent."""
    command = AddSource(actor.person_id, project_id, "openai", body.name, body.config)
    return reply(_source(add_source(house.db, house.blobs, command, house.clock())), 201)


def run_fields(run: PrelabelRun, assistant: str, model: str) -> dict[str, Any]:
    """Write a run for the API and commands; `cost_micros` counts millionths of a minor unit."""
    return {
        "id": run.id,
        "project_id": run.project_id,
        "assistant_id": run.assistant_id,
        "assistant": assistant,
        "model_version_id": run.model_version_id,
        "model": model,
        "state": run.state,
        "total": run.total,
        "done": run.done,
        "failed": run.failed,
        "runner": run.runner,
        "cost_micros": run.cost_micros,
        "currency": run.cost_currency,
        "problems": [line for line in (run.problem or "").split("\n") if line],
        "started_at": iso(run.started_at),
        "ended_at": None if run.ended_at is None else iso(run.ended_at),
    }


def _fields(view: RunView) -> dict[str, Any]:
    return run_fields(view.run, view.assistant.name, view.version.model)


def _source(one: Assistant) -> dict[str, Any]:
    return {"id": one.id, "kind": one.kind, "name": one.name, "weights_sha256": one.weights_sha256}
