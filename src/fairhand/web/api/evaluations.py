"""Evaluations over the API: measure a model, read its report and card, make its failures tasks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.errors import ForbiddenError
from fairhand.formats.model_outputs import Columns
from fairhand.people.accounts.rules import Actor, may
from fairhand.quality.evaluation.card import card_json, write_model_card
from fairhand.use_cases.ask_evaluation import AskEvaluation, ask_evaluation
from fairhand.use_cases.check_claims import CheckClaims, check_claims
from fairhand.use_cases.evaluate_model import EvaluateModel, evaluate_model
from fairhand.use_cases.house import House
from fairhand.use_cases.read_evaluations import (
    FailurePage,
    list_evaluations,
    read_evaluation,
    read_failures,
)
from fairhand.use_cases.read_model_card import read_model_card
from fairhand.use_cases.read_outputs import question_of, read_outputs
from fairhand.use_cases.return_failures import ReturnFailures, return_failures
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.spooled import spooled
from fairhand.web.shared.streams import send_text
from fairhand.web.shared.strict import StrictRoute
from fairhand.work.prelabel.evaluation_store import StoredEvaluation

router = APIRouter(
    prefix="/api/v1/projects/{project_id}/assist/evaluations",
    tags=["assist"],
    route_class=StrictRoute,
)
Name = Annotated[str, Form(max_length=500)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class MeasureBody(BaseModel):
    """Which version is measured; `question` may be left out where there is one."""

    model_config = ConfigDict(extra="forbid")
    version_id: Id
    question: str = Field(default="", max_length=60)
    slice_fields: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list, max_length=10
    )


class FailuresBody(BaseModel):
    """Which failures become tasks: those named, or all; `into` another project, or asked again."""

    model_config = ConfigDict(extra="forbid")
    tasks: list[Id] | None = Field(default=None, max_length=10_000)
    into: Id | None = None


@router.get("")
@guard("project.status")
def list_all(house: House, actor: Actor, project_id: int) -> Response:
    """List a project's evaluations, newest first, without their reports."""
    found = list_evaluations(house.db, project_id)
    return reply({"evaluations": [evaluation_json(one) for one in found]})


@router.post("", status_code=202)
@guard("project.edit")
def measure(house: House, actor: Actor, project_id: int, body: MeasureBody) -> Response:
    """Measure a model version on held-out tasks; answers 202 with the job to look at."""
    asked = question_of(house.db, project_id, body.question)
    command = AskEvaluation(
        actor.person_id, project_id, body.version_id, asked.name, tuple(body.slice_fields)
    )
    job_id = ask_evaluation(house.db, command, house.clock())
    return reply({"job_id": job_id, "href": f"/api/v1/jobs/{job_id}"}, 202)


@router.post("/import", status_code=201)
@guard("project.edit")
def add_outputs(
    house: House,
    actor: Actor,
    project_id: int,
    file: Annotated[UploadFile, File()],
    model: Name,
    question: Name = "",
    key: Name = "",
    prediction_column: Name = "",
    score_column: Name = "",
    slice_field: Annotated[list[str] | None, Form()] = None,
    on: Annotated[Literal["held_out", "all"], Form()] = "held_out",
) -> Response:
    """Measure the model whose outputs are in a CSV, JSON Lines or Parquet file.

    Each row names its task by `task_id`, `fingerprint`, or the column `key`, which is a field of
    the tasks' data. The same outputs sent twice are one evaluation (200 the second time).
    """
    asked = question_of(house.db, project_id, question)
    columns = Columns(key, prediction_column, score_column)
    with spooled(file) as (path, name):
        outputs = read_outputs(house.db, project_id, asked, path, columns, name=name)
    command = EvaluateModel(
        actor.person_id,
        project_id,
        model,
        asked,
        outputs,
        slice_fields=tuple(slice_field or ()),
        on=on,
    )
    made = evaluate_model(house.db, command, house.clock())
    return reply(asdict(made), 200 if made.again else 201)


@router.post("/claims/import", status_code=201)
@guard("project.edit")
def ask_about_claims(
    house: House,
    actor: Actor,
    project_id: int,
    file: Annotated[UploadFile, File()],
    model: Name,
    source_field: Name = "text",
    key: Name = "",
    output_column: Name = "",
) -> Response:
    """Make a draft project that asks people, sentence by sentence, what the sources support."""
    if not may(actor, "project.create"):
        raise ForbiddenError("A check of claims makes a project, which your account may not do.")
    with spooled(file) as (path, name):
        command = CheckClaims(
            actor.person_id,
            project_id,
            model,
            path,
            Columns(key, output_column),
            source_field or "text",
            name,
        )
        made = check_claims(house.db, command, house.clock())
    return reply(asdict(made), 200 if made.again else 201)


@router.get("/{evaluation_id}")
@guard("project.status")
def show(house: House, actor: Actor, project_id: int, evaluation_id: int) -> Response:
    """Show an evaluation with its report; of claims, as people have answered until now."""
    page = read_evaluation(house.db, project_id, evaluation_id)
    return reply(evaluation_json(page.evaluation) | {"report": page.report})


@router.get("/{evaluation_id}/failures")
@guard("project.status")
def failures(
    house: House,
    actor: Actor,
    project_id: int,
    evaluation_id: int,
    start: Annotated[int, Query(ge=0, le=10**9)] = 0,
    most: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """List the tasks that the model failed, the costliest first; `next` starts the next page."""
    found = read_failures(house.db, project_id, evaluation_id, start=start, most=most)
    return reply(failures_json(found))


@router.post("/{evaluation_id}/failures")
@guard("project.edit")
def make_tasks(
    house: House, actor: Actor, project_id: int, evaluation_id: int, body: FailuresBody
) -> Response:
    """Make failures tasks, once however often it is asked."""
    if body.into is not None and not may(actor, "project.import", body.into):
        raise ForbiddenError("Your account may not add tasks to that project.")
    command = ReturnFailures(actor.person_id, project_id, evaluation_id, body.tasks, body.into)
    return reply(asdict(return_failures(house.db, command, house.clock())))


@router.get("/{evaluation_id}/card")
@guard("project.status")
def card(
    house: House,
    actor: Actor,
    project_id: int,
    evaluation_id: int,
    form: Annotated[Literal["json", "markdown"], Query()] = "json",
) -> Response:
    """Give the model card: JSON, or Markdown with `?form=markdown`."""
    facts = read_model_card(house.db, project_id, evaluation_id)
    if form == "markdown":
        return send_text([write_model_card(facts)], f"model-card-{evaluation_id}.md")
    return reply(card_json(facts))


def evaluation_json(one: StoredEvaluation) -> dict[str, Any]:
    """Write an evaluation as lists show it."""
    report = one.report
    return {
        "id": one.id,
        "project_id": one.project_id,
        "model": one.model,
        "version_id": one.version_id,
        "source": one.source,
        "kind": report.get("kind"),
        "question": one.question,
        "measure": report.get("measure"),
        "score": report.get("score"),
        "tasks": report.get("tasks"),
        "failures": one.failures,
        "asked": one.asked,
        "created_at": iso(one.created_at),
    }


def failures_json(found: FailurePage) -> dict[str, Any]:
    """Write a page of failures."""
    return {
        "failures": [
            {
                "task_id": one.task_id,
                "expected": one.expected,
                "predicted": one.predicted,
                "score": one.score,
                "loss": one.loss,
                "asked_at": None if one.asked_at is None else iso(one.asked_at),
                "data": one.data,
            }
            for one in found.failures
        ],
        "total": found.total,
        "asked": found.asked,
        "next": found.next,
    }
