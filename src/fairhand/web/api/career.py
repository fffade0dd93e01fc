"""The API of career steps: one's own path, and setting steps."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.people.talent.career import Needs, Reached, Step, needs_json
from fairhand.use_cases.end_career_step import end_career_step
from fairhand.use_cases.house import House
from fairhand.use_cases.read_path import read_path, read_steps
from fairhand.use_cases.set_career_step import SetCareerStep, set_career_step
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard, need
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["talent"], route_class=StrictRoute)


class StepBody(Body):
    """A step: its role, what it asks, and what it adds to the hour in thousandths.

    `project_id` 0 is the whole workspace.
    """

    role: str = Field(max_length=20)
    title: str = Field(max_length=400)
    skills: list[Id] = Field(default_factory=list, max_length=50)
    answers: int = Field(default=0, ge=0, le=10**9)
    days: int = Field(default=0, ge=0, le=10**9)
    pay_permille: int = Field(default=0, ge=0, le=10**6)
    project_id: Id = 0


@router.get("/me/path")
@guard("own")
def own_path(house: House, actor: Actor) -> Response:
    """Show where you stand before each step, and what it adds to the hour."""
    mine = read_path(house.db, actor.person_id, house.clock())
    return reply(
        {"steps": [_reached_json(one) for one in mine.steps], "answers": mine.record.answers}
    )


@router.get("/career-steps")
@guard("own")
def steps(house: House, actor: Actor) -> Response:
    """List the steps that hold."""
    return reply({"steps": [step_json(one) for one in read_steps(house.db).steps]})


@router.post("/career-steps", status_code=201)
@guard("people.invite")
def set_one(house: House, actor: Actor, body: StepBody) -> Response:
    """Set a step from now on."""
    need(actor, "people.invite", body.project_id)
    command = SetCareerStep(
        actor.person_id,
        body.role,
        body.title,
        Needs(tuple(body.skills), body.answers, body.days),
        body.pay_permille,
        body.project_id,
    )
    return reply({"id": set_career_step(house.db, command, house.clock())}, 201)


@router.delete("/career-steps/{step_id}")
@guard("people.invite", everywhere=True)
def end(house: House, actor: Actor, step_id: int) -> Response:
    """End a step for those who do not hold it yet; whoever holds it keeps it."""
    end_career_step(house.db, step_id, actor.person_id, house.clock())
    return reply({"id": step_id, "state": "ended"})


def step_json(one: Step) -> dict[str, Any]:
    """Write a step."""
    return {
        "id": one.id,
        "project_id": one.project_id,
        "role": one.role,
        "title": one.title,
        **needs_json(one.needs),
        "pay_permille": one.pay_permille,
        "set_at": iso(one.set_at),
    }


def _reached_json(one: Reached) -> dict[str, Any]:
    missing = [
        {"what": each.what, "have": each.have, "want": each.want, "skill_id": each.skill_id or None}
        for each in one.missing
    ]
    since = None if one.holds_since is None else iso(one.holds_since)
    return {**step_json(one.step), "state": one.state, "holds_since": since, "missing": missing}
