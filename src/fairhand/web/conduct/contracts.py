"""Contracts: versions with what the linter says of them, and proposing the next."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.council.contracts import DEFAULT, lint
from fairhand.use_cases.house import House
from fairhand.use_cases.propose_contract import ProposeContract, propose_contract
from fairhand.use_cases.read_contracts import read_contracts
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=60_000)]
Short = Annotated[str, Field(max_length=600)]


@router.get("/conduct/contracts")
@guard("conduct.view", everywhere=True)
def contracts(house: House, actor: Actor, request: Request) -> Response:
    """Show every version, and the form of the next."""
    return _show(house, actor, request)


@router.post("/conduct/contracts")
@guard("policy.propose", form=True, everywhere=True)
def propose(
    house: House,
    actor: Actor,
    request: Request,
    body: Text = "",
    locale: Short = "en",
    project: Short = "0",
    summary: Short = "",
    do: Short = "check",
) -> Response:
    """Check the words, or propose them to the council."""
    typed = {"body": body, "locale": locale, "project": project, "summary": summary}
    if do != "propose":
        return _show(house, actor, request, Form(typed), checked=True)
    try:
        command = ProposeContract(actor.person_id, _project(project), locale, body, summary)
        propose_contract(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, typed))
    return RedirectResponse("/conduct/contracts", status_code=303)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    form: Form | None = None,
    *,
    checked: bool = False,
) -> Response:
    found = read_contracts(house.db, house.clock())
    newest = found.listed[0].contract.body if found.listed else DEFAULT
    shown = form or Form({"body": newest, "locale": "en", "project": "0", "summary": ""})
    context: dict[str, Any] = {
        "found": found,
        "form": shown,
        "checked": checked,
        "findings": lint(shown.value("body"), shown.value("locale")) if checked else [],
        "projects": [(str(number), title) for number, title in found.projects],
        "may_propose": may(actor, "policy.propose"),
        "now": house.clock(),
    }
    return render(request, "contracts.html", context, actor=actor, status=shown.status)


def _project(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text[:20]) <= LARGEST_ID:
        return int(text)
    raise InvalidError("Choose a place.", issues=[Issue("project", "Choose a place.")])
