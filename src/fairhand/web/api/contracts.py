"""The API of contracts: what you work under, accepting it, and proposing the next version."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.people.council.contracts import Contract, lint
from fairhand.use_cases.accept_contract import AcceptContract, accept_contract
from fairhand.use_cases.house import House
from fairhand.use_cases.propose_contract import ProposeContract, propose_contract
from fairhand.use_cases.read_contracts import OwnContract, read_contracts, read_own_contracts
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard, need
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["council"], route_class=StrictRoute)


class AcceptBody(Body):
    """The hash of the words that you read."""

    sha256: str = Field(max_length=64)


class ContractBody(Body):
    """A version for the council: Markdown, its language, where it holds (0: everywhere).

    With `check` the linter reads it and nothing is proposed.
    """

    body: str = Field(max_length=60_000)
    locale: str = Field(default="en", max_length=40)
    project_id: Id = 0
    summary: str = Field(default="", max_length=2_000)
    check: bool = False


@router.get("/me/contracts")
@guard("own")
def mine(house: House, actor: Actor) -> Response:
    """List what you work under, with what changed since you accepted it."""
    found = read_own_contracts(house.db, actor.person_id, actor.locale)
    return reply({"contracts": [_own(one) for one in found]})


@router.post("/me/contracts/{contract_id}")
@guard("own")
def accept(house: House, actor: Actor, contract_id: int, body: AcceptBody) -> Response:
    """Accept a version; 200 both times when it is sent twice."""
    command = AcceptContract(actor.person_id, contract_id, body.sha256)
    accept_contract(house.db, command, house.clock())
    return reply({"id": contract_id, "accepted": True})


@router.get("/contracts")
@guard("conduct.view")
def listed(house: House, actor: Actor) -> Response:
    """List every version, with how many accepted it."""
    found = read_contracts(house.db, house.clock()).listed
    rows = [
        _contract(one.contract) | {"holds": one.holds, "accepted": one.accepted} for one in found
    ]
    return reply({"contracts": rows})


@router.post("/contracts")
@guard("policy.propose")
def propose(house: House, actor: Actor, body: ContractBody) -> Response:
    """Propose a version, or let the linter read it."""
    if body.check:
        found = [
            {
                "clause": one.clause,
                "severity": one.severity,
                "sentence": one.sentence,
                "why": one.why,
            }
            for one in lint(body.body, body.locale)
        ]
        return reply({"findings": found})
    need(actor, "policy.propose", body.project_id)
    command = ProposeContract(
        actor.person_id, body.project_id, body.locale, body.body, body.summary
    )
    made = propose_contract(house.db, command, house.clock())
    return reply({"proposal_id": made.id, "state": made.state, "sha256": made.sha256}, 201)


def _own(one: OwnContract) -> dict[str, object]:
    return _contract(one.current) | {
        "accepted": None if one.accepted is None else one.accepted.version,
        "asked": one.is_asked,
        "changed": [list(each) for each in one.changed],
    }


def _contract(one: Contract) -> dict[str, object]:
    return {
        "id": one.id,
        "project_id": one.project_id,
        "version": one.version,
        "locale": one.locale,
        "body": one.body,
        "sha256": one.sha256,
        "starts_at": iso(one.starts_at),
    }
