"""Making a project: one question, its labels, the pay, and how sure is sure enough."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.money import MICROS
from fairhand.labels.registry import kinds
from fairhand.model.project import Question
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.house import House
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed, money_of
from fairhand.web.shared.pages import render
from fairhand.work.projects.rules import ProjectPolicy

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=400)]
_PLACES = {
    "questions": "labels",
    "overlap": "min_overlap",
}
_START = {
    "kind": "choice",
    "min_overlap": "2",
    "max_overlap": "5",
    "target_confidence": "0.95",
    "mode": "draft",
    "guidelines": "## What to look at\n\n## How to decide\n\n## When in doubt\n",
}


@router.get("/projects/new")
@guard("project.create")
def new_project(house: House, actor: Actor, request: Request) -> Response:
    """Show the form of a new project."""
    return _show(request, actor, Form(_START))


@router.post("/projects/new")
@guard("project.create", form=True)
def make_project(  # one parameter a field
    house: House,
    actor: Actor,
    request: Request,
    title: Text = "",
    purpose: Annotated[str, Field(max_length=2_000)] = "",
    guidelines: Annotated[str, Field()] = "",
    kind: Text = "",
    question: Text = "",
    labels: Annotated[str, Field(max_length=100_000)] = "",
    multiple: Text = "",
    currency: Text = "",
    rate: Text = "",
    min_overlap: Text = "",
    max_overlap: Text = "",
    target_confidence: Text = "",
    mode: Text = "",
) -> Response:
    """Make a project of what was typed, or show what is wrong beside it."""
    typed = {
        "title": title,
        "purpose": purpose,
        "guidelines": guidelines.replace("\r\n", "\n"),
        "kind": kind,
        "question": question,
        "labels": labels.replace("\r\n", "\n"),
        "multiple": multiple,
        "currency": currency.strip().upper(),
        "rate": rate,
        "min_overlap": min_overlap,
        "max_overlap": max_overlap,
        "target_confidence": target_confidence,
        "mode": mode,
    }
    try:
        chosen: Literal["draft", "demo"] = "demo" if mode == "demo" else "draft"
        command = CreateProject(
            actor.person_id,
            _policy(typed),
            chosen,
            lease_ttl_ms=house.settings.lease_ttl_s * 1_000,
        )
        made = create_project(house.db, command, house.clock())
    except FairhandError as error:
        return _show(request, actor, failed(_placed(error), typed))
    return RedirectResponse(f"/projects/{made.id}", status_code=303)


def _show(request: Request, actor: Actor, form: Form) -> Response:
    context: dict[str, Any] = {"form": form, "kinds": kinds()}
    return render(request, "new_project.html", context, actor=actor, status=form.status)


def _policy(typed: dict[str, str]) -> ProjectPolicy:
    labels = [line.strip() for line in typed["labels"].splitlines() if line.strip()]
    config: dict[str, Any] = {"labels": [{"value": label} for label in labels]}
    if typed["kind"] == "choice" and typed["multiple"]:
        config["multiple"] = True
    if typed["kind"] == "mask" and typed["multiple"]:
        config["instances"] = True
    title = typed["question"].strip()
    if not title:
        message = "Say what people are asked."
        raise InvalidError("The project cannot be made yet.", issues=[Issue("question", message)])
    rate = money_of(typed["rate"], _currency(typed["currency"]), "rate")
    return ProjectPolicy(
        title=typed["title"],
        purpose=typed["purpose"],
        guidelines=typed["guidelines"],
        questions=(Question("answer", typed["kind"], title, config),),
        currency=typed["currency"],
        rate_micros_per_hour=rate.minor * MICROS,
        min_overlap=_whole(typed["min_overlap"], "min_overlap"),
        max_overlap=_whole(typed["max_overlap"], "max_overlap"),
        target_confidence=_share(typed["target_confidence"]),
    )


def _currency(text: str) -> str:
    if len(text) == 3 and text.isascii() and text.isalpha():
        return text
    message = "Give a currency as three letters, as GBP or KES."
    raise InvalidError(message, issues=[Issue("currency", message)])


def _whole(text: str, place: str) -> int:
    if text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 6:
        return int(text)
    raise InvalidError("A number is missing.", issues=[Issue(place, "Give a whole number.")])


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        issue = Issue("target_confidence", "Choose a target from 0.5 to below 1, as 0.95.")
        raise InvalidError(issue.message, issues=[issue]) from None


def _placed(error: FairhandError) -> FairhandError:
    """Lead each issue to the field of this form that it is about."""
    issues = []
    for issue in error.issues:
        first, *rest = issue.place.split(".")
        place = _PLACES.get(first, first)
        if first == "questions" and rest[-1:] == ["kind"]:
            place = "kind"
        issues.append(Issue(place, issue.message, issue.severity))
    error.issues = tuple(issues)
    return error
