"""The API of readiness: checklists, terms, pilots."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.errors import ForbiddenError
from fairhand.core.money import MICROS, Money, micros_to_minor_up
from fairhand.people.accounts.rules import Actor
from fairhand.people.readiness.pilot import Measured, Pilot, Price, Terms, is_stale
from fairhand.people.readiness.stages import Item, Stage
from fairhand.use_cases.decide_pilot import DecidePilot, decide_pilot
from fairhand.use_cases.house import House
from fairhand.use_cases.read_pilot import PilotPicture, read_pilot
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_readiness import Readiness, read_readiness
from fairhand.use_cases.set_readiness_terms import SetReadinessTerms, set_readiness_terms
from fairhand.use_cases.start_pilot import StartPilot, start_pilot
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import money_of
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["readiness"], route_class=StrictRoute)


class TermsBody(Body):
    """What a project asks for before it opens; what is left out stays as it is."""

    target_alpha: float | None = Field(default=None, strict=False, allow_inf_nan=False)
    people_wanted: Id | None = None
    qualified_wanted: Id | None = None
    gold_wanted: Id | None = None
    skills_wanted: list[Id] | None = Field(default=None, max_length=100)
    skill_gap: str | None = Field(default=None, max_length=10_000)


class PilotBody(Body):
    """A pilot to start; `amount` left out sets aside what twice the expected time costs."""

    tasks: Id
    people: Id | None = None
    amount: str | None = Field(default=None, max_length=40)


class DecisionBody(Body):
    """`go` or `no_go`, and why."""

    outcome: Literal["go", "no_go"]
    reason: str = Field(max_length=20_000)


@router.get("/projects/{project_id}/readiness")
@guard("project.status")
def show(house: House, actor: Actor, project_id: int) -> Response:
    """Compute the four stages: what is done, what is missing, who can mend it, and when."""
    return reply(readiness_json(read_readiness(house.db, project_id, house.clock())))


@router.put("/projects/{project_id}/readiness/terms")
@guard("project.edit")
def set_terms(house: House, actor: Actor, project_id: int, body: TermsBody) -> Response:
    """Change what is asked for before the project opens; it is logged under your name."""
    skills = None if body.skills_wanted is None else tuple(body.skills_wanted)
    command = SetReadinessTerms(
        actor.person_id,
        project_id,
        body.target_alpha,
        body.people_wanted,
        body.qualified_wanted,
        body.gold_wanted,
        skills,
        body.skill_gap,
    )
    return reply(terms_json(set_readiness_terms(house.db, command, house.clock())))


@router.get("/projects/{project_id}/pilot")
@guard("project.status")
def pilot(house: House, actor: Actor, project_id: int) -> Response:
    """Show a project's pilots, and what the newest found."""
    return reply(pilots_json(read_pilot(house.db, project_id, house.clock())))


@router.post("/projects/{project_id}/pilot", status_code=201)
@guard("project.open")
def start(house: House, actor: Actor, project_id: int, body: PilotBody) -> Response:
    """Start a pilot: a paid project of its own with a sample of the tasks."""
    amount = None
    if body.amount is not None:
        currency = read_project(house.db, project_id).currency
        amount = money_of(body.amount, currency, "amount")
    command = StartPilot(actor.person_id, project_id, body.tasks, body.people, amount)
    made = start_pilot(house.db, command, house.clock(), Random())  # noqa: S311  # a sample
    return reply(pilot_json(made), 201)


@router.post("/projects/{project_id}/pilot/decide")
@guard("project.open")
def decide(house: House, actor: Actor, project_id: int, body: DecisionBody) -> Response:
    """Say go or no-go. A person who is signed in does it; a token is refused."""
    if actor.scope is not None:
        raise ForbiddenError("A pilot is decided by a person who is signed in, not by a token.")
    command = DecidePilot(actor.person_id, project_id, body.outcome, body.reason)
    return reply(pilot_json(decide_pilot(house.db, command, house.clock())))


def readiness_json(found: Readiness) -> dict[str, Any]:
    """Write a project's readiness for the API and the command line."""
    return {
        "project_id": found.project.id,
        "mode": found.project.mode,
        "pilot_of": found.pilot_of.id if found.pilot_of else None,
        "may_open": found.may_open,
        "ready_for_compute": found.for_compute,
        "terms": terms_json(found.terms),
        "stages": [_stage(stage, found.names) for stage in found.stages],
    }


def terms_json(terms: Terms) -> dict[str, Any]:
    """Write what a project asks for."""
    return {
        "target_alpha": terms.target_alpha,
        "people_wanted": terms.people_wanted,
        "qualified_wanted": terms.qualified_wanted,
        "gold_wanted": terms.gold_wanted,
        "skills_wanted": list(terms.skills_wanted),
        "skill_gap": terms.skill_gap,
        "changed_by": terms.changed_by,
        "changed_at": None if terms.changed_at is None else iso(terms.changed_at),
    }


def _stage(stage: Stage, names: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {
        "stage": stage.name,
        "title": stage.title,
        "state": stage.state,
        "items": [_item(item, names) for item in stage.items],
    }


def _item(item: Item, names: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    when = item.when
    return {
        "item": item.key,
        "title": item.title,
        "state": item.state,
        "blocks": item.blocks,
        "detail": item.detail,
        "who": {role: list(names.get(role, ())) for role in item.who},
        "link": item.link,
        "when": None if when is None or when.at is None else iso(when.at),
        "when_in_words": when.words if when else "",
    }


def pilots_json(picture: PilotPicture) -> dict[str, Any]:
    """Write a project's pilots, newest first, with what the newest found and lacks."""
    newest, currency = picture.newest, picture.project.currency
    return {
        "project_id": picture.project.id,
        "version": picture.project.version,
        "stale": newest is not None and is_stale(newest, picture.project.version),
        "found": found_json(picture.found, currency) if picture.found else None,
        "lacks": [
            {"place": one.place, "message": one.message, "severity": one.severity}
            for one in picture.lacks
        ],
        "pilots": [pilot_json(one) for one in picture.pilots],
    }


def pilot_json(pilot: Pilot) -> dict[str, Any]:
    """Write a pilot and the evidence of its decision."""
    return {
        "project_id": pilot.project_id,
        "of_project_id": pilot.of_project_id,
        "version": pilot.version,
        "people_wanted": pilot.people_wanted,
        "tasks": pilot.tasks,
        "target_alpha": pilot.target_alpha,
        "outcome": pilot.outcome,
        "evidence": dict(pilot.evidence),
        "started_by": pilot.started_by,
        "started_at": iso(pilot.started_at),
        "decided_by": pilot.decided_by,
        "decided_at": None if pilot.decided_at is None else iso(pilot.decided_at),
        "reason": pilot.reason,
    }


def found_json(found: Measured, currency: str) -> dict[str, Any]:
    """Write what a pilot found; money as decimal strings, rounded up."""
    return {
        "people": found.people,
        "answers": found.answers,
        "agreement": [
            {
                "question": one.question,
                "measure": one.measure,
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "tasks": one.tasks,
                "subjective": one.is_subjective,
                "why": one.why,
            }
            for one in found.agreed
        ],
        "half_less_than_s": None if found.p50_ms is None else found.p50_ms / 1_000,
        "nine_in_ten_less_than_s": None if found.p90_ms is None else found.p90_ms / 1_000,
        "currency": currency,
        "price": None if found.price is None else _price(found.price, currency),
        "cost_p50": _money(found.cost_p50_micros, currency),
        "cost_p90": _money(found.cost_p90_micros, currency),
    }


def _price(price: Price, currency: str) -> dict[str, Any]:
    return {
        "unit_micros": price.unit_micros,
        "unit": _money(price.unit_micros, currency),
        "slowest_fifth_s": price.slow_ms / 1_000,
        "middle_s": price.usual_ms / 1_000,
        "floor_per_hour": Money(price.floor_micros_per_hour // MICROS, currency).decimal(),
        "people": price.people,
    }


def _money(micros: int | None, currency: str) -> str | None:
    return None if micros is None else Money(micros_to_minor_up(micros), currency).decimal()
