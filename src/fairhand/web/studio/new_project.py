"""Making a project of one question: its labels, the pay, and how sure is sure enough."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.money import MICROS
from fairhand.model.project import Question
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.house import House
from fairhand.use_cases.read_templates import GROUPS, list_templates
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed, money_of
from fairhand.web.shared.pages import render
from fairhand.web.studio.first_data import Sent, offered
from fairhand.work.projects.rules import MAX_OVERLAP, ProjectPolicy, check_policy

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=400)]
ONE_QUESTION = ("choice", "mask")
"""Kinds that need no more than a question and its labels; the others come with a template."""

_PLACES = {
    "questions": "labels",
    "overlap": "min_overlap",
}
_START = {
    "kind": "choice",
    "min_overlap": "2",
    "max_overlap": "5",
    "target_confidence": "0.95",
    "worth": "",
    "mode": "draft",
    "guidelines": "## What to look at\n\n## How to decide\n\n## When in doubt\n",
}


@router.get("/projects/new")
@guard("project.create")
def new_project(house: House, actor: Actor, request: Request) -> Response:
    """Show the form of a new project."""
    return _show(house, request, actor, Form(_START))


@router.post("/projects/new")
@guard("project.create", form=True)
def make_project(  # one parameter a field
    house: House,
    actor: Actor,
    request: Request,
    data: Sent,
    title: Text = "",
    purpose: Annotated[str, Field(max_length=2_000)] = "",
    guidelines: Annotated[str, Field()] = "",
    kind: Text = "",
    question: Text = "",
    labels: Annotated[str, Field(max_length=100_000)] = "",
    multiple: Text = "",
    truth: Text = "",
    currency: Text = "",
    rate: Text = "",
    min_overlap: Text = "",
    max_overlap: Text = "",
    target_confidence: Text = "",
    worth: Text = "",
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
        "truth": truth,
        "currency": currency.strip().upper(),
        "rate": rate,
        "min_overlap": min_overlap,
        "max_overlap": max_overlap,
        "target_confidence": target_confidence,
        "worth": worth,
        "mode": mode,
        **data.values(),
    }
    issues: list[Issue] = []
    try:
        chosen: Literal["draft", "demo"] = "demo" if mode == "demo" else "draft"
        command = CreateProject(
            actor.person_id,
            policy_of(typed, _asked(typed, issues), issues),
            chosen,
            lease_ttl_ms=house.settings.lease_ttl_s * 1_000,
        )
        data.check(house, actor, command.policy.title)
        made = create_project(house.db, command, house.clock())
        place = data.bring(house, actor, made.id)
    except FairhandError as error:
        return _show(house, request, actor, failed(_placed(error), typed))
    return RedirectResponse(f"/projects/{made.id}{place}", status_code=303)


def _show(house: House, request: Request, actor: Actor, form: Form) -> Response:
    groups = [
        {"name": group, "templates": [one for one in list_templates() if one.group == group]}
        for group in GROUPS
    ]
    context: dict[str, Any] = {"form": form, "groups": groups} | offered(house, actor)
    return render(request, "new_project.html", context, actor=actor, status=form.status)


def _asked(typed: dict[str, str], issues: list[Issue]) -> tuple[Question, ...]:
    if not typed["question"].strip():
        issues.append(Issue("question", "Say what people are asked."))
    if typed["kind"] not in ONE_QUESTION:
        issues.append(Issue("kind", "Pick one of these two, or start from a template."))
    return (_question(typed),)


def policy_of(
    typed: Mapping[str, str], questions: tuple[Question, ...], issues: list[Issue]
) -> ProjectPolicy:
    """Read what was typed; raises InvalidError with everything that is wrong, all at once.

    `issues` are those found before: they are told with the others.
    """
    rate = 1
    if not _is_currency(typed["currency"]):
        issues.append(Issue("currency", "Give a currency as three letters, as GBP or KES."))
    else:
        try:
            rate = money_of(typed["rate"], typed["currency"], "rate").minor * MICROS
        except InvalidError as error:
            issues += error.issues
    policy = ProjectPolicy(
        title=typed["title"],
        purpose=typed["purpose"],
        guidelines=typed["guidelines"],
        questions=questions,
        currency=typed["currency"],
        rate_micros_per_hour=rate,
        min_overlap=_whole(typed, "min_overlap", 1, issues),
        max_overlap=_whole(typed, "max_overlap", MAX_OVERLAP, issues),
        target_confidence=_share(typed["target_confidence"]),
        worth_micros=_worth(typed, issues),
    )
    named = {issue.place for issue in issues}
    issues += [issue for issue in check_policy(policy) if issue.place not in named]
    if issues:
        raise InvalidError("The project cannot be made yet.", issues=issues)
    return policy


def _worth(typed: Mapping[str, str], issues: list[Issue]) -> int | None:
    if not typed["worth"].strip() or not _is_currency(typed["currency"]):
        return None
    try:
        return money_of(typed["worth"], typed["currency"], "worth").minor * MICROS
    except InvalidError as error:
        issues += error.issues
        return None


def _question(typed: dict[str, str]) -> Question:
    labels = [line.strip() for line in typed["labels"].splitlines() if line.strip()]
    config: dict[str, Any] = {"labels": [{"value": label} for label in labels]}
    if typed["multiple"]:
        config["instances" if typed["kind"] == "mask" else "multiple"] = True
    if typed["truth"] in ("ordered", "subjective") and typed["kind"] == "choice":
        config[typed["truth"]] = True
    return Question("answer", typed["kind"], typed["question"].strip(), config)


def _is_currency(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalpha()


def _whole(typed: Mapping[str, str], place: str, otherwise: int, issues: list[Issue]) -> int:
    text = typed[place].strip()
    if text.isascii() and text.isdigit() and len(text) < 6:
        return int(text)
    issues.append(Issue(place, "Give a whole number."))
    return otherwise


def _share(text: str) -> float:
    """Read a share; what is none becomes one that the policy refuses."""
    try:
        return float(text)
    except ValueError:
        return math.nan


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
