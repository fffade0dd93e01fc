"""The API of the council: who sits, elections, proposals and signatures."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.people.council.elections import Terms
from fairhand.use_cases.call_election import CallElection, call_election
from fairhand.use_cases.house import House
from fairhand.use_cases.leave_council import leave_council
from fairhand.use_cases.read_council import CouncilPage, OneElection, read_council, read_proposal
from fairhand.use_cases.sign_policy import SignPolicy, sign_policy
from fairhand.use_cases.stand_for_council import StandForCouncil, stand_for_council
from fairhand.use_cases.vote_in_election import VoteInElection, vote_in_election
from fairhand.use_cases.withdraw_policy import WithdrawPolicy, withdraw_policy
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.policy_view import proposal_json
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1/council", tags=["council"], route_class=StrictRoute)


class ElectionBody(Body):
    """How many seats, for how many days; how long people stand and vote."""

    seats: int = Field(default=3, ge=0, le=1_000)
    term_days: int = Field(default=365, ge=0, le=10_000)
    stand_days: int = Field(default=7, ge=0, le=10_000)
    vote_days: int = Field(default=7, ge=0, le=10_000)


class StandBody(Body):
    """What you stand for; null: you stand no more."""

    statement: str | None = Field(max_length=20_000)


class BallotBody(Body):
    """Whom you approve of; nobody is a vote, too."""

    approves: list[Id] = Field(max_length=100)


class SignatureBody(Body):
    """`sign` or `refuse` (with a reason) what `sha256` names."""

    vote: str = Field(max_length=20)
    sha256: str = Field(max_length=64)
    reason: str = Field(default="", max_length=20_000)


@router.get("")
@guard("own")
def show(house: House, actor: Actor) -> Response:
    """Show who sits, the election that was called last, and what waits for signatures."""
    return reply(council_json(read_council(house.db, actor.person_id, house.clock())))


@router.post("/elections", status_code=201)
@guard("own")
def call(house: House, actor: Actor, body: ElectionBody) -> Response:
    """Call an election."""
    terms = Terms(body.seats, body.term_days, body.stand_days, body.vote_days)
    call_election(house.db, CallElection(actor.person_id, terms), house.clock())
    page = read_council(house.db, actor.person_id, house.clock())
    return reply(_election(page.election), 201)


@router.post("/elections/{election_id}/stand")
@guard("own")
def stand(house: House, actor: Actor, election_id: int, body: StandBody) -> Response:
    """Stand for the council, or stand no more."""
    command = StandForCouncil(actor.person_id, election_id, body.statement)
    stand_for_council(house.db, command, house.clock())
    return reply({"election_id": election_id, "stands": body.statement is not None})


@router.post("/elections/{election_id}/vote")
@guard("own")
def vote(house: House, actor: Actor, election_id: int, body: BallotBody) -> Response:
    """Vote, once and in secret."""
    command = VoteInElection(actor.person_id, election_id, body.approves)
    vote_in_election(house.db, command, house.clock(), str(uuid.uuid4()))
    return reply({"election_id": election_id, "voted": True})


@router.post("/leave")
@guard("own")
def leave(house: House, actor: Actor) -> Response:
    """Give your seat back."""
    leave_council(house.db, actor.person_id, house.clock())
    return reply({"sits": False})


@router.get("/proposals/{proposal_id}")
@guard("own")
def proposal(house: House, actor: Actor, proposal_id: int) -> Response:
    """Show one proposal with its words, its hash and its votes."""
    return reply(proposal_json(read_proposal(house.db, proposal_id)))


@router.post("/proposals/{proposal_id}")
@guard("own")
def sign(house: House, actor: Actor, proposal_id: int, body: SignatureBody) -> Response:
    """Sign a proposal by its hash, or refuse it; only for those who sit."""
    command = SignPolicy(actor.person_id, proposal_id, body.vote, body.sha256, body.reason)
    return reply({"id": proposal_id, "state": sign_policy(house.db, command, house.clock())})


@router.post("/proposals/{proposal_id}/withdraw")
@guard("policy.propose", everywhere=True)
def withdraw(house: House, actor: Actor, proposal_id: int) -> Response:
    """Take a waiting proposal back."""
    withdraw_policy(house.db, WithdrawPolicy(actor.person_id, proposal_id), house.clock())
    return reply({"id": proposal_id, "state": "withdrawn"})


def council_json(page: CouncilPage) -> dict[str, Any]:
    """Write the council for machines."""
    return {
        "seats": [
            {"person_id": one.person_id, "name": one.name, "until": iso(one.until_at)}
            for one in page.seats
        ],
        "filled": page.council.filled,
        "quorum": page.council.quorum,
        "can_decide": page.council.can_decide,
        "you_sit": page.i_sit,
        "election": _election(page.election),
        "waiting": [proposal_json(one) for one in page.waiting],
        "decided": [proposal_json(one) for one in page.decided],
    }


def _election(one: OneElection | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "id": one.election.id,
        "phase": one.phase,
        "seats": one.election.seats,
        "stands_until": iso(one.election.stands_until),
        "votes_until": iso(one.election.votes_until),
        "entitled": one.entitled,
        "needed": one.needed,
        "voted": one.voted,
        "you_voted": one.i_voted,
        "candidates": [
            {"person_id": each.person_id, "name": each.name, "statement": each.statement}
            for each in one.candidates
        ],
        "result": one.result,
    }
