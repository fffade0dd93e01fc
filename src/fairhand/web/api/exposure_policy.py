"""The API of the policy on hard content: what holds, and proposing a change to the council."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_exposure_policy import read_exposure_policy
from fairhand.use_cases.set_exposure_policy import SetExposurePolicy, set_exposure_policy
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard, need
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["exposure"], route_class=StrictRoute)


class ExposureBody(Body):
    """What shall change, as `{"limits": {"hour": 15000}}`; for one project, or (null) for all."""

    terms: dict[str, Any]
    project_id: Id | None = Field(default=None)


@router.get("/exposure-policy")
@guard("own")
def held(house: House, actor: Actor) -> Response:
    """Read what holds for hard content everywhere: limits, weights, rotation, breaks."""
    return reply(read_exposure_policy(house.db, house.clock()).as_json())


@router.get("/projects/{project_id}/exposure-policy")
@guard("own")
def held_in_project(house: House, actor: Actor, project_id: int) -> Response:
    """Read what holds for hard content in a project: never less strict than everywhere."""
    return reply(read_exposure_policy(house.db, house.clock(), project_id).as_json())


@router.post("/exposure-policy")
@guard("policy.propose")
def propose(house: House, actor: Actor, body: ExposureBody) -> Response:
    """Propose a change; it holds when the council signed it, or at once where it only protects
    more and no council can sign."""
    need(actor, "policy.propose", body.project_id or 0)
    command = SetExposurePolicy(actor.person_id, body.terms, body.project_id or 0)
    done = set_exposure_policy(house.db, command, house.clock())
    told = {"proposal_id": done.proposal.id, "state": done.proposal.state}
    return reply({**told, "sha256": done.proposal.sha256, "changes": list(done.changes)}, 201)
