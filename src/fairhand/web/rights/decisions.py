"""What was decided about the reader, why, and what they can do about it; in their language."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, NotFoundError
from fairhand.core.ids import new_token
from fairhand.core.words import Words, words_for
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.begin_appeal import begin_appeal
from fairhand.use_cases.house import House
from fairhand.use_cases.open_appeal import OpenAppeal, open_appeal
from fairhand.use_cases.read_appeals import (
    Counter,
    read_appeal_queue,
    read_own_decision,
    read_own_decisions,
)
from fairhand.use_cases.withdraw_appeal import WithdrawAppeal, withdraw_appeal
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=20_000)]
Short = Annotated[str, Field(max_length=80)]


def kind_names(_: Words) -> dict[str, str]:
    """Name every kind of decision in the reader's language."""
    return {
        "answer_not_taken": _("An answer is not used"),
        "redo_asked": _("An answer is asked for again"),
        "not_qualified": _("An exam was not passed"),
        "queue_closed": _("A kind of work is not offered"),
        "pay_changed": _("Pay was changed"),
        "fraud_flag": _("Something was reported as fraud"),
        "suspended": _("You are suspended"),
        "ended": _("Your work here was ended"),
        "not_selected": _("You were not chosen"),
        "gold_missed": _("An answer differs from the known one"),
        "restored": _("Something was given back"),
    }


def state_names(_: Words) -> dict[str, str]:
    """Name every state of an appeal in the reader's language."""
    return {
        "open": _("waiting for an answer"),
        "upheld": _("you are right"),
        "silent": _("nobody answered in time, so you are right"),
        "declined": _("declined"),
        "withdrawn": _("taken back"),
    }


@router.get("/rights")
@guard("own")
def decisions(house: House, actor: Actor, request: Request) -> Response:
    """List every decision about the reader."""
    return _show_list(house, actor, request, Form())


@router.get("/rights/decisions/{decision_id:int}")
@guard("own")
def decision(house: House, actor: Actor, request: Request, decision_id: int) -> Response:
    """Show one decision: why, on what, what would have been otherwise, what it does to pay."""
    return _show_one(house, actor, request, decision_id, Form())


@router.get("/rights/decisions/{decision_id:int}/appeal")
@guard("own")
def appeal_form(house: House, actor: Actor, request: Request, decision_id: int) -> Response:
    """Open the form of an appeal; the time from here on is paid."""
    now, cap = house.clock(), house.idle_cap_ms
    begin_appeal(house.db, actor.person_id, decision_id, now, idle_cap_ms=cap)
    return _show_form(house, actor, request, decision_id, Form({"client_key": new_token()}))


@router.post("/rights/decisions/{decision_id:int}/appeal")
@guard("own", form=True)
def appeal(
    house: House,
    actor: Actor,
    request: Request,
    decision_id: int,
    client_key: Short = "",
    message: Text = "",
) -> Response:
    """Open an appeal; what was typed stays where something is wrong."""
    values = {"client_key": client_key, "message": message}
    command = OpenAppeal(actor.person_id, decision_id, client_key, message)
    try:
        open_appeal(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    except NotFoundError:
        raise
    except FairhandError as error:
        return _show_form(house, actor, request, decision_id, failed(error, values))
    return RedirectResponse(f"/rights/decisions/{decision_id}", status_code=303)


@router.post("/rights/appeals/{appeal_id:int}/withdraw")
@guard("own", form=True)
def withdraw(house: House, actor: Actor, request: Request, appeal_id: int) -> Response:
    """Take an open appeal back."""
    try:
        withdraw_appeal(house.db, WithdrawAppeal(actor.person_id, appeal_id), house.clock())
    except NotFoundError:
        raise
    except FairhandError as error:
        return _show_list(house, actor, request, failed(error, {}))
    return RedirectResponse("/rights", status_code=303)


def _words(actor: Actor) -> dict[str, Any]:
    words = words_for(actor.locale)
    return {"_": words, "kinds": kind_names(words), "states": state_names(words)}


def _show_list(house: House, actor: Actor, request: Request, form: Form) -> Response:
    now = house.clock()
    own = read_own_decisions(house.db, actor.person_id, now)
    to_hear = 0
    if may(actor, "appeal.review"):
        queue = read_appeal_queue(house.db, actor.person_id, now)
        to_hear = sum(not one.is_done for one in queue)
    context: dict[str, Any] = {
        **_words(actor),
        "own": own,
        "form": form,
        "now": now,
        "to_hear": to_hear,
        "picture": picture_of(own.counter, words_for(actor.locale)),
    }
    return render(request, "rights_decisions.html", context, actor=actor, status=form.status)


def _show_one(
    house: House, actor: Actor, request: Request, decision_id: int, form: Form
) -> Response:
    found = read_own_decision(house.db, actor.person_id, decision_id, house.clock())
    context: dict[str, Any] = {
        **_words(actor),
        "found": found,
        "decision": found.listed.decision,
        "appeal": found.listed.appeal,
        "form": form,
    }
    return render(request, "rights_decision.html", context, actor=actor, status=form.status)


def _show_form(
    house: House, actor: Actor, request: Request, decision_id: int, form: Form
) -> Response:
    found = read_own_decision(house.db, actor.person_id, decision_id, house.clock())
    context: dict[str, Any] = {
        **_words(actor),
        "found": found,
        "decision": found.listed.decision,
        "appeal": found.listed.appeal,
        "form": form,
    }
    return render(request, "rights_appeal.html", context, actor=actor, status=form.status)


def picture_of(counter: Counter, _: Words) -> Any:  # noqa: ANN401  # Markup, or None without any
    """Draw how appeals went here; nothing before the first."""
    if not counter.opened:
        return None
    labels = [_("Upheld"), _("By silence"), _("Declined"), _("Waiting")]
    spoken = counter.upheld - counter.silent
    counts = [spoken, counter.silent, counter.declined, counter.waiting]
    return charts.bars(_("How appeals go here"), labels, counts, words=_)
