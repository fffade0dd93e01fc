"""Policies: what holds, what waits for the council, and proposing a change."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.propose_term import ProposeTerm, propose_term
from fairhand.use_cases.read_council import read_council, read_proposals
from fairhand.use_cases.read_policies import read_policies
from fairhand.use_cases.withdraw_policy import WithdrawPolicy, withdraw_policy
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.policy_view import KINDS, STATES, fields_of, in_words, outcome, plain_name

router = APIRouter(include_in_schema=False)
Short = Annotated[str, Field(max_length=200)]


@router.get("/conduct/policies")
@guard("conduct.view", everywhere=True)
def policies(house: House, actor: Actor, request: Request) -> Response:
    """Show what holds, what waits and what was decided."""
    return _show(house, actor, request)


@router.post("/conduct/policies")
@guard("policy.propose", form=True, everywhere=True)
def propose(
    house: House, actor: Actor, request: Request, name: Short = "", value: Short = ""
) -> Response:
    """Propose another value of one number."""
    try:
        propose_term(house.db, ProposeTerm(actor.person_id, name, value), house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {"name": name, "value": value}))
    return RedirectResponse("/conduct/policies", status_code=303)


@router.post("/conduct/policies/{proposal_id:int}/withdraw")
@guard("policy.propose", form=True, everywhere=True)
def withdraw(house: House, actor: Actor, request: Request, proposal_id: int) -> Response:
    """Take a proposal back."""
    try:
        withdraw_policy(house.db, WithdrawPolicy(actor.person_id, proposal_id), house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {}))
    return RedirectResponse("/conduct/policies", status_code=303)


def _show(house: House, actor: Actor, request: Request, form: Form | None = None) -> Response:
    found = read_policies(house.db, house.clock())
    context: dict[str, Any] = {
        "in_force": found,
        "waiting": read_proposals(house.db, waiting=True),
        "decided": read_proposals(house.db, waiting=False),
        "council": read_council(house.db, actor.person_id, house.clock()).council,
        "form": form or Form(),
        "choices": [
            (f"{one.kind}.{term.name}", f"{KINDS[one.kind]}: {plain_name(term.name)}, {term.value}")
            for one in found
            for term in one.terms
        ],
        "kinds": KINDS,
        "states": STATES,
        "fields_of": fields_of,
        "outcome": outcome,
        "plain_name": plain_name,
        "in_words": in_words,
        "may_propose": may(actor, "policy.propose"),
    }
    status = form.status if form else 200
    return render(request, "policies.html", context, actor=actor, status=status)
