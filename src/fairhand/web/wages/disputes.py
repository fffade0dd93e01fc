"""A person's disputes about their pay: the list, the form, taking one back."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import MINUTE_MS
from fairhand.core.errors import FairhandError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import new_token
from fairhand.core.money import MICROS, parse_money
from fairhand.core.words import Words, words_for
from fairhand.core.words import later as _
from fairhand.pay.disputes.rules import (
    ACTIVITIES,
    Claim,
    StatementLine,
    claim_in_words,
    known_activity,
)
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.begin_dispute import begin_dispute
from fairhand.use_cases.house import House
from fairhand.use_cases.open_dispute import OpenDispute, open_dispute
from fairhand.use_cases.read_disputes import OwnDisputes, read_line, read_own_disputes
from fairhand.use_cases.withdraw_dispute import WithdrawDispute, withdraw_dispute
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

DOING = {
    "annotate": _("answering"),
    "read": _("reading"),
    "wait": _("waiting"),
    "train": _("training"),
    "qualify": _("qualifying"),
    "appeal": _("writing disputes"),
    "fault": _("things that were broken"),
    "break": _("breaks"),
}
STATES = {
    "open": _("waiting for an answer"),
    "upheld": _("upheld"),
    "partly": _("upheld in part"),
    "declined": _("declined"),
    "withdrawn": _("taken back"),
}
_MOST_MINUTES = 12_000
Text = Annotated[str, Field(max_length=20_000)]
Short = Annotated[str, Field(max_length=80)]


@router.get("/earnings/disputes")
@guard("own")
def disputes(house: House, actor: Actor, request: Request) -> Response:
    """List one's own disputes in plain words."""
    return _show_list(house, actor, request, Form())


@router.get("/earnings/disputes/new")
@guard("own")
def new(
    house: House,
    actor: Actor,
    request: Request,
    statement: int | None = None,
    line: int | None = None,
    project: int | None = None,
    minutes: int | None = None,
    activity: str = "annotate",
) -> Response:
    """Open the form: about a line of a statement, or about work that is not settled yet.

    `minutes` and `activity` fill it in, for somebody who comes from their own time record.
    """
    own = read_own_disputes(house.db, actor.person_id)
    found = _line(house, actor, statement, line)
    project_id = found.project_id if found else _project(own, project)
    if project_id is not None:
        now, cap = house.clock(), house.idle_cap_ms
        begin_dispute(house.db, actor.person_id, project_id, now, idle_cap_ms=cap)
    values = {
        "client_key": new_token(),
        "kind": "time",
        "minutes": str(minutes) if minutes and 0 < minutes < _MOST_MINUTES else "",
        "activity": known_activity(activity),
    }
    return _show_form(request, actor, own, Form(values), found, statement, project_id)


@router.post("/earnings/disputes")
@guard("own", form=True)
def open_one(
    house: House,
    actor: Actor,
    request: Request,
    client_key: Short = "",
    kind: Short = "time",
    minutes: Short = "",
    amount: Short = "",
    message: Text = "",
    activity: Short = "annotate",
    statement: Short = "",
    line: Short = "",
    project: Short = "",
) -> Response:
    """Open a dispute; what was typed stays where something is wrong."""
    values = {
        "client_key": client_key,
        "kind": kind,
        "minutes": minutes,
        "amount": amount,
        "message": message,
        "activity": activity,
    }
    own = read_own_disputes(house.db, actor.person_id)
    statement_id, number = _number(statement), _number(line)
    found = _line(house, actor, statement_id, number)
    project_id = found.project_id if found else _project(own, _number(project))
    try:
        command = OpenDispute(
            person_id=actor.person_id,
            client_key=client_key,
            claim=_claim(own, project_id, values),
            statement_id=statement_id if found else None,
            line=number if found else None,
            project_id=project_id,
            activity=activity,
        )
        open_dispute(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    except FairhandError as error:
        form = failed(error, values)
        return _show_form(request, actor, own, form, found, statement_id, project_id)
    return RedirectResponse("/earnings/disputes", status_code=303)


@router.post("/earnings/disputes/{dispute_id:int}/withdraw")
@guard("own", form=True)
def withdraw(house: House, actor: Actor, request: Request, dispute_id: int) -> Response:
    """Take an open dispute back."""
    try:
        withdraw_dispute(house.db, WithdrawDispute(actor.person_id, dispute_id), house.clock())
    except NotFoundError:
        raise
    except FairhandError as error:
        return _show_list(house, actor, request, failed(error, {}))
    return RedirectResponse("/earnings/disputes", status_code=303)


def _doing(words: Words) -> dict[str, str]:
    return {one: words(said) for one, said in DOING.items()}


def _claim(own: OwnDisputes, project_id: int | None, values: dict[str, str]) -> Claim:
    """Read what is claimed; what cannot be read is None, and the rules say so."""
    message = values["message"]
    if values["kind"] == "money":
        currency = next((one[2] for one in own.projects if one[0] == project_id), "")
        return Claim("money", None, _micros(values["amount"], currency), message)
    if values["kind"] != "time":
        raise InvalidError(_("Choose time or money."), issues=[Issue("kind", _("Choose one."))])
    minutes = values["minutes"].strip()
    ms = int(minutes) * MINUTE_MS if minutes.isascii() and minutes.isdigit() else None
    return Claim("time", ms, None, message)


def _micros(text: str, currency: str) -> int | None:
    try:
        return parse_money(text, currency).minor * MICROS
    except ValueError:
        return None


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and int(text) <= LARGEST_ID
    return int(text) if is_number else None


def _line(
    house: House, actor: Actor, statement: int | None, line: int | None
) -> StatementLine | None:
    if statement is None:
        return None
    if not (0 <= statement <= LARGEST_ID and 0 <= (line or 0) <= LARGEST_ID):
        raise NotFoundError("There is nothing of this number.")
    return read_line(house.db, actor.person_id, statement, line or 0)


def _project(own: OwnDisputes, wanted: int | None) -> int | None:
    known = [one[0] for one in own.projects]
    return wanted if wanted in known else (known[0] if len(known) == 1 else None)


def _show_list(house: House, actor: Actor, request: Request, form: Form) -> Response:
    words = words_for(actor.locale)
    context: dict[str, Any] = {
        "_": words,
        "own": read_own_disputes(house.db, actor.person_id),
        "form": form,
        "states": STATES,
        "doing": _doing(words),
        "in_words": partial(claim_in_words, words=words),
    }
    return render(request, "disputes.html", context, actor=actor, status=form.status)


def _show_form(
    request: Request,
    actor: Actor,
    own: OwnDisputes,
    form: Form,
    line: StatementLine | None,
    statement: int | None,
    project_id: int | None,
) -> Response:
    words = words_for(actor.locale)
    doing = _doing(words)
    context: dict[str, Any] = {
        "_": words,
        "own": own,
        "form": form,
        "line": line,
        "statement": statement,
        "project_id": project_id,
        "currency": next((one[2] for one in own.projects if one[0] == project_id), ""),
        "doing": doing,
        "activities": [(one, doing.get(one, one)) for one in ACTIVITIES],
    }
    return render(request, "dispute_new.html", context, actor=actor, status=form.status)
