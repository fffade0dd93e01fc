"""Making a project of a template: its questions with own labels, the pay, and tasks to try it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter
from fastapi import Form as Field
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, Issue
from fairhand.model.project import Question
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.begin_campaign import BeginCampaign, begin_campaign
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.house import House
from fairhand.use_cases.import_sample import ImportSample, import_sample
from fairhand.use_cases.read_templates import Template, read_template
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.studio.first_data import Sent, offered
from fairhand.web.studio.new_project import policy_of

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=400)]
Lines = Annotated[list[str] | None, Field()]
_QUESTIONS = TypeAdapter(list[Question])


@router.get("/projects/new/{template}")
@guard("project.create")
def new_from_template(house: House, actor: Actor, request: Request, template: str) -> Response:
    """Show a template as a form that lacks only the pay."""
    found = read_template(template)
    return _show(house, request, actor, found, Form(_start(found)), found.questions)


@router.post("/projects/new/{template}")
@guard("project.create", form=True)
def make_from_template(  # one parameter a field
    house: House,
    actor: Actor,
    request: Request,
    template: str,
    data: Sent,
    title: Text = "",
    purpose: Annotated[str, Field(max_length=2_000)] = "",
    guidelines: Annotated[str, Field()] = "",
    label_of: Lines = None,
    label_lines: Lines = None,
    questions: Annotated[str, Field(max_length=200_000)] = "",
    currency: Text = "",
    rate: Text = "",
    min_overlap: Text = "",
    max_overlap: Text = "",
    target_confidence: Text = "",
    worth: Text = "",
    sample: Text = "",
    mode: Text = "",
) -> Response:
    """Make the project, with sample tasks where they are wanted, or say what is wrong."""
    found = read_template(template)
    typed = {
        "title": title,
        "purpose": purpose,
        "guidelines": guidelines.replace("\r\n", "\n"),
        "questions": questions.replace("\r\n", "\n"),
        "currency": currency.strip().upper(),
        "rate": rate,
        "min_overlap": min_overlap,
        "max_overlap": max_overlap,
        "target_confidence": target_confidence,
        "worth": worth,
        "sample": sample,
        "mode": mode,
        **data.values(),
    }
    issues: list[Issue] = []
    asked = _asked(typed["questions"], found, issues)
    asked = _relabelled(asked, label_of or [], label_lines or [])
    try:
        chosen: Literal["draft", "demo"] = "demo" if mode == "demo" else "draft"
        policy = replace(
            policy_of(typed, asked, issues),
            tier=found.tier,
            expected_ms=int(found.expected_seconds * 1_000),
        )
        lease_ttl_ms = house.settings.lease_ttl_s * 1_000
        command = CreateProject(actor.person_id, policy, chosen, lease_ttl_ms=lease_ttl_ms)
        data.check(house, actor, policy.title)
        made = create_project(house.db, command, house.clock())
        begins = BeginCampaign(actor.person_id, made.id, found.name)
        is_campaign = begin_campaign(house.db, begins, house.clock()) is not None
    except FairhandError as error:
        return _show(house, request, actor, found, failed(_told(error), typed), asked)
    if sample and found.sample is not None:
        wanted = ImportSample(actor.person_id, made.id, found.name)
        import_sample(house.db, house.blobs, wanted, house.clock())
    place = "/campaign" if is_campaign else data.bring(house, actor, made.id)
    return RedirectResponse(f"/projects/{made.id}{place}", status_code=303)


def _show(
    house: House,
    request: Request,
    actor: Actor,
    template: Template,
    form: Form,
    asked: Sequence[Question],
) -> Response:
    labelled = [
        {"name": one.name, "title": one.title, "lines": "\n".join(_lines(one))}
        for one in asked
        if _labels(one)
    ]
    context: dict[str, Any] = {
        "form": form,
        "template": template,
        "asked": asked,
        "labelled": labelled,
        **offered(house, actor),
    }
    return render(request, "from_template.html", context, actor=actor, status=form.status)


def _start(template: Template) -> dict[str, str]:
    fields = template.fields()
    written = orjson.dumps(fields["questions"], option=orjson.OPT_INDENT_2).decode()
    return {
        "title": template.title,
        "purpose": template.purpose,
        "guidelines": template.guidelines,
        "questions": written,
        "min_overlap": str(template.min_overlap),
        "max_overlap": str(template.max_overlap),
        "target_confidence": str(template.target_confidence),
        "sample": "yes",
        "mode": "draft",
    }


def _asked(text: str, template: Template, issues: list[Issue]) -> tuple[Question, ...]:
    """Read the questions as JSON; those of the template where they cannot be read."""
    try:
        return tuple(_QUESTIONS.validate_json(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"These are not questions: {where} {first['msg']}."
        issues.append(Issue("questions", message.replace("  ", " ")))
        return template.questions


def _relabelled(
    asked: tuple[Question, ...], names: Sequence[str], lines: Sequence[str]
) -> tuple[Question, ...]:
    """Give questions the labels that were typed, one a line as `value: Title`.

    A label that was there keeps its key, colour and whatever else it has.
    """
    typed = dict(zip(names, lines, strict=False))
    changed = []
    for question in asked:
        text = typed.get(question.name)
        if text is None or not _labels(question):
            changed.append(question)
            continue
        had = {label["value"]: label for label in _labels(question)}
        labels = [_label(line, had) for line in text.splitlines() if line.strip()]
        changed.append(replace(question, config={**question.config, "labels": labels}))
    return tuple(changed)


def _label(line: str, had: dict[str, Any]) -> dict[str, Any]:
    value, colon, title = (part.strip() for part in line.partition(": "))
    label = {**had.get(value, {}), "value": value}
    return {**label, "title": title} if colon and title else label


def _labels(question: Question) -> list[dict[str, Any]]:
    found = question.config.get("labels")
    usable = isinstance(found, list) and all(
        isinstance(one, dict) and isinstance(one.get("value"), str) for one in found
    )
    return list(found) if usable and isinstance(found, list) else []


def _lines(question: Question) -> list[str]:
    return [
        f"{label['value']}: {label['title']}"
        if label.get("title", label["value"]) != label["value"]
        else label["value"]
        for label in _labels(question)
    ]


def _told(error: FairhandError) -> FairhandError:
    """Lead what is wrong to this form's fields; all about the questions stands beside them."""
    error.issues = tuple(_placed(issue) for issue in error.issues)
    return error


def _placed(issue: Issue) -> Issue:
    first, _, rest = issue.place.partition(".")
    if first == "questions" and rest:
        return Issue(first, f"{rest}: {issue.message}", issue.severity)
    return Issue("min_overlap" if first == "overlap" else first, issue.message, issue.severity)
