"""Decisions about people for those who answer for them: the list, and deciding by name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.ids import new_token
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.decide_about_person import (
    LONGEST_DAYS,
    DecideAboutPerson,
    Kind,
    decide_about_person,
)
from fairhand.use_cases.house import House
from fairhand.use_cases.read_appeals import read_conduct
from fairhand.use_cases.set_reporting import SetReporting, set_reporting
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

KINDS: tuple[tuple[Kind, str], ...] = (
    ("suspended", "Suspend for some days"),
    ("ended", "End their work here"),
    ("answer_not_taken", "Do not use one answer"),
    ("redo_asked", "Have one answer done again by somebody"),
    ("fraud_flag", "Put fraud on record"),
)
NAMES = {
    "answer_not_taken": "answer not used",
    "redo_asked": "answer asked again",
    "not_qualified": "exam not passed",
    "queue_closed": "kind of work closed",
    "pay_changed": "pay changed",
    "fraud_flag": "fraud on record",
    "suspended": "suspended",
    "ended": "ended",
    "not_selected": "not chosen",
    "gold_missed": "known answer missed",
    "restored": "given back",
}
Text = Annotated[str, Field(max_length=20_000)]
Short = Annotated[str, Field(max_length=80)]


@router.get("/conduct")
@guard("conduct.view")
def decisions(house: House, actor: Actor, request: Request) -> Response:
    """List the newest decisions about people, and how appeals go."""
    return _show(house, actor, request, Form())


@router.get("/conduct/decide")
@guard("conduct.decide")
def decide_form(
    house: House, actor: Actor, request: Request, person: int = 0, project: int = 0
) -> Response:
    """Open the form of a decision about somebody."""
    values = {
        "client_key": new_token(),
        "person": str(person or ""),
        "project": str(project),
        "kind": "suspended",
        "days": "7",
    }
    return _show_form(house, actor, request, Form(values))


@router.post("/conduct/decide")
@guard("conduct.decide", form=True)
def decide(
    house: House,
    actor: Actor,
    request: Request,
    client_key: Short = "",
    person: Short = "",
    project: Short = "",
    kind: Short = "",
    days: Short = "",
    annotation: Short = "",
    reason: Text = "",
    counterfactual: Text = "",
    evidence: Text = "",
) -> Response:
    """Decide under one's own name; what was typed stays where something is wrong."""
    values = {
        "client_key": client_key,
        "person": person,
        "project": project,
        "kind": kind,
        "days": days,
        "annotation": annotation,
        "reason": reason,
        "counterfactual": counterfactual,
        "evidence": evidence,
    }
    try:
        command = DecideAboutPerson(
            decider_id=actor.person_id,
            person_id=_number(person, "person", "Choose a person."),
            project_id=_number(project, "project", "Choose a project."),
            kind=kind,  # type: ignore[arg-type]  # the story checks it
            reason=reason,
            counterfactual=counterfactual,
            evidence=evidence,
            client_key=client_key,
            days=_maybe(days),
            annotation_id=_maybe(annotation),
        )
        decide_about_person(house.db, command, house.clock())
    except FairhandError as error:
        return _show_form(house, actor, request, failed(error, values))
    return RedirectResponse("/conduct", status_code=303)


@router.post("/conduct/reporting")
@guard("conduct.decide", form=True, everywhere=True)
def reporting(
    house: House, actor: Actor, request: Request, person: Short = "", boss: Short = ""
) -> Response:
    """Say who reports to whom, so that appeals go to others."""
    try:
        command = SetReporting(
            actor.person_id, _number(person, "person", "Choose a person."), _maybe(boss)
        )
        set_reporting(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {"person": person, "boss": boss}))
    return RedirectResponse("/conduct", status_code=303)


def projects_of(actor: Actor) -> frozenset[int] | None:
    """Say which projects' decisions somebody may see; None: all."""
    if may(actor, "conduct.view"):
        return None
    return frozenset(one for one in actor.roles if may(actor, "conduct.view", one))


def _number(text: str, place: str, message: str) -> int:
    found = _maybe(text)
    if found is None:
        raise InvalidError(message, issues=[Issue(place, message)])
    return found


def _maybe(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and int(text) <= LARGEST_ID
    return int(text) if is_number else None


def _show(house: House, actor: Actor, request: Request, form: Form) -> Response:
    from fairhand.web.conduct.pictures import picture_of

    found = read_conduct(house.db, projects_of(actor))
    context: dict[str, Any] = {
        "found": found,
        "names": NAMES,
        "form": form,
        "may_decide": may(actor, "conduct.decide"),
        "picture": picture_of(found.counter),
        "_": words_for("en"),
    }
    return render(request, "conduct_decisions.html", context, actor=actor, status=form.status)


def _show_form(house: House, actor: Actor, request: Request, form: Form) -> Response:
    found = read_conduct(house.db, projects_of(actor))
    context: dict[str, Any] = {
        "form": form,
        "kinds": KINDS,
        "people": [("", "Choose somebody"), *((str(one), name) for one, name in found.people)],
        "projects": [
            *([("0", "The whole workspace")] if projects_of(actor) is None else []),
            *((str(one), title) for one, title in found.projects),
        ],
        "most_days": LONGEST_DAYS,
    }
    return render(request, "conduct_decide.html", context, actor=actor, status=form.status)
