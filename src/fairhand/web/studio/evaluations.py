"""The pages of evaluations: measure a model, see where it is weak, make its failures tasks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Query, UploadFile
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.formats.model_outputs import Columns
from fairhand.people.accounts.rules import Actor, may
from fairhand.quality.evaluation.card import write_model_card
from fairhand.use_cases.ask_evaluation import AskEvaluation, ask_evaluation
from fairhand.use_cases.check_claims import CheckClaims, check_claims
from fairhand.use_cases.evaluate_model import EvaluateModel, evaluate_model
from fairhand.use_cases.house import House
from fairhand.use_cases.read_model_card import read_model_card
from fairhand.use_cases.read_outputs import question_of, read_outputs
from fairhand.use_cases.return_failures import ReturnFailures, return_failures
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.spooled import spooled
from fairhand.web.shared.streams import send_text
from fairhand.web.studio.evaluation_view import detail, page

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=500)]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
Start = Annotated[int, Query(ge=0, le=10**9)]
_ROWS_SHOWN = 20


@router.get("/projects/{project_id:int}/assist/evaluations")
@guard("project.status")
def evaluations(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """List what was measured, and offer to measure."""
    return _list(house, actor, request, project_id, Form())


@router.get("/projects/{project_id:int}/assist/evaluations/{evaluation_id:int}")
@guard("project.status")
def evaluation(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    evaluation_id: int,
    start: Start = 0,
) -> Response:
    """Show one evaluation: pictures first, then its failures page by page."""
    return _show(house, actor, request, project_id, evaluation_id, start=start)


@router.get("/projects/{project_id:int}/assist/evaluations/{evaluation_id:int}/card.md")
@guard("project.status")
def card(house: House, actor: Actor, project_id: int, evaluation_id: int) -> Response:
    """Give the model card as Markdown."""
    text = write_model_card(read_model_card(house.db, project_id, evaluation_id))
    return send_text([text], f"model-card-{evaluation_id}.md")


@router.post("/projects/{project_id:int}/assist/evaluations/import")
@guard("project.edit", form=True)
def add_outputs(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    file: Annotated[UploadFile | None, File()] = None,
    model: Text = "",
    question: Text = "",
    key: Text = "",
    prediction_column: Text = "",
    slices: Text = "",
    on: Text = "held_out",
) -> Response:
    """Measure the model whose outputs are in a file."""
    sent = {
        "outputs": "outputs",
        "file": "",
        "model": model,
        "question": question,
        "key": key,
        "prediction_column": prediction_column,
        "slices": slices,
        "on": on,
    }
    columns = Columns(key=key.strip(), prediction=prediction_column.strip())
    try:
        asked = question_of(house.db, project_id, question)
        with spooled(file) as (path, name):
            outputs = read_outputs(house.db, project_id, asked, path, columns, name=name)
        command = EvaluateModel(
            actor.person_id,
            project_id,
            model,
            asked,
            outputs,
            slice_fields=_fields(slices),
            on=_on(on),
        )
        made = evaluate_model(house.db, command, house.clock())
    except FairhandError as error:
        return _list(house, actor, request, project_id, failed(_first_rows(error), sent))
    return _to(project_id, made.evaluation_id)


@router.post("/projects/{project_id:int}/assist/evaluations/versions")
@guard("project.edit", form=True)
def measure_version(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    version: Number = 0,
    question: Text = "",
    slices: Text = "",
) -> Response:
    """Ask for a version to be measured; the job asks the model."""
    sent = {"version": str(version), "question": question, "slices": slices}
    try:
        asked = question_of(house.db, project_id, question)
        command = AskEvaluation(actor.person_id, project_id, version, asked.name, _fields(slices))
        ask_evaluation(house.db, command, house.clock())
    except FairhandError as error:
        return _list(house, actor, request, project_id, failed(error, sent))
    return RedirectResponse(f"/projects/{project_id}/assist/evaluations#jobs", status_code=303)


@router.post("/projects/{project_id:int}/assist/evaluations/claims/import")
@guard("project.edit", form=True)
def ask_about_claims(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    file: Annotated[UploadFile | None, File()] = None,
    model: Text = "",
    source_field: Text = "text",
    key: Text = "",
) -> Response:
    """Make a project that asks people about the claims of a model's texts."""
    sent = {
        "claims": "claims",
        "file": "",
        "model": model,
        "source_field": source_field,
        "key": key,
    }
    try:
        if not may(actor, "project.create"):
            message = "A check of claims makes a project, which your account may not do."
            raise InvalidError(message, issues=[Issue("claims", message)])
        with spooled(file) as (path, name):
            command = CheckClaims(
                actor.person_id,
                project_id,
                model,
                path,
                Columns(key=key.strip()),
                source_field.strip() or "text",
                name,
            )
            made = check_claims(house.db, command, house.clock())
    except FairhandError as error:
        return _list(house, actor, request, project_id, failed(_first_rows(error), sent))
    return _to(project_id, made.evaluation_id)


@router.post("/projects/{project_id:int}/assist/evaluations/{evaluation_id:int}/failures")
@guard("project.edit", form=True)
def make_tasks(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    evaluation_id: int,
    task_id: Number = 0,
    into: Number = 0,
) -> Response:
    """Make failures tasks: all of them or one, here or in another project."""
    command = ReturnFailures(
        actor.person_id,
        project_id,
        evaluation_id,
        (task_id,) if task_id else None,
        into or None,
    )
    try:
        _may_change(actor, into)
        return_failures(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, evaluation_id, error=error)
    return _to(project_id, evaluation_id, "failures")


def _may_change(actor: Actor, into: int) -> None:
    """Copies go only where the same person may bring tasks in."""
    if into and not may(actor, "project.import", into):
        message = "Your account may not add tasks to that project."
        raise InvalidError(message, issues=[Issue("into", message)])


def _on(text: str) -> Literal["held_out", "all"]:
    return "all" if text == "all" else "held_out"


def _fields(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _first_rows(error: FairhandError) -> FairhandError:
    """Show the first rows that are wrong, each with its place; a thousand help nobody."""
    if error.code != "bad_outputs":
        return error
    left = len(error.issues) - _ROWS_SHOWN
    shown = [Issue("rows", f"{one.place}: {one.message}") for one in error.issues[:_ROWS_SHOWN]]
    if left > 0:
        shown.append(Issue("rows", f"and {left:,} more"))
    return InvalidError(error.message, code=error.code, issues=shown)


def _list(house: House, actor: Actor, request: Request, project_id: int, form: Form) -> Response:
    context = page(house, actor, project_id, form)
    return render(request, "evaluations.html", context, actor=actor, status=form.status)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    evaluation_id: int,
    *,
    start: int = 0,
    error: FairhandError | None = None,
) -> Response:
    context: dict[str, Any] = detail(house, actor, project_id, evaluation_id, start)
    status = error.status if error else 200
    context["error"] = error
    return render(request, "evaluation.html", context, actor=actor, status=status)


def _to(project_id: int, evaluation_id: int, place: str = "") -> Response:
    href = f"/projects/{project_id}/assist/evaluations/{evaluation_id}"
    return RedirectResponse(f"{href}#{place}" if place else href, status_code=303)
