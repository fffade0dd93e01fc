"""The register of automated systems, monitors, conditions and self-scores for scripts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.money import MICROS, Money
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.conduct.impact import Impact
from fairhand.people.conduct.monitor_store import Incident
from fairhand.people.conduct.monitoring import K
from fairhand.people.conduct.self_scores import CAUTION, FRAMEWORKS
from fairhand.use_cases.close_incident import CloseIncident, close_incident
from fairhand.use_cases.declare_groups import declare_groups, read_declared
from fairhand.use_cases.house import House
from fairhand.use_cases.read_conditions import Conditions, read_conditions
from fairhand.use_cases.read_monitors import Monitors, read_monitors
from fairhand.use_cases.read_self_scores import SelfScores, read_self_scores
from fairhand.use_cases.read_systems import ListedSystem, read_systems
from fairhand.use_cases.switch_system import SwitchSystem, switch_system
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["conduct"], route_class=StrictRoute)


class SwitchBody(Body):
    """Whether a system may run, and why."""

    is_on: bool
    reason: str = Field(max_length=20_000)


class CloseBody(Body):
    """What was found about an incident, and what was done."""

    note: str = Field(max_length=20_000)


class GroupsBody(Body):
    """What somebody says of themselves; an empty value takes it back."""

    groups: dict[str, str] = Field(max_length=20)


@router.get("/conduct/systems")
@guard("conduct.view")
def systems(house: House, actor: Actor) -> Response:
    """List the register of automated systems: what they read, what sways them, who oversees."""
    return reply({"systems": [system_json(one) for one in read_systems(house.db)]})


@router.put("/conduct/systems/{system_name}")
@guard("conduct.decide", everywhere=True)
def switch(house: House, actor: Actor, system_name: str, body: SwitchBody) -> Response:
    """Switch a system off, or on again; a person does it, signed in."""
    command = SwitchSystem(actor.person_id, system_name, body.is_on, body.reason)
    done = switch_system(house.db, command, house.clock())
    return reply({"name": done.name, "is_on": done.is_on, "reason": done.reason})


@router.get("/conduct/monitors")
@guard("conduct.view", everywhere=True)
def monitors(house: House, actor: Actor) -> Response:
    """Tell what the monitors see now, and the incidents they raised."""
    return reply(monitors_json(read_monitors(house.db, house.clock())))


@router.post("/conduct/incidents/{incident_id}/close")
@guard("conduct.decide", everywhere=True)
def close(house: House, actor: Actor, incident_id: int, body: CloseBody) -> Response:
    """Close an incident with a note; a person does it, signed in."""
    command = CloseIncident(
        actor.person_id, incident_id, body.note, may_decide=may(actor, "conduct.decide")
    )
    close_incident(house.db, command, house.clock())
    return reply({"id": incident_id, "state": "closed"})


@router.get("/conduct/conditions")
@guard("conduct.view", everywhere=True)
def conditions(house: House, actor: Actor) -> Response:
    """Tell what goes together with pay, hours and haste, in bands of ten people and more."""
    return reply(conditions_json(read_conditions(house.db, house.clock())))


@router.get("/conduct/self-scores")
@guard("conduct.view", everywhere=True)
def self_scores(house: House, actor: Actor) -> Response:
    """Score the workspace line by line, with the query behind each line."""
    return reply(scores_json(read_self_scores(house.db, house.clock())))


@router.get("/me/groups")
@guard("own")
def own_groups(house: House, actor: Actor) -> Response:
    """Tell what you have said of yourself."""
    return reply({"groups": read_declared(house.db, actor.person_id)})


@router.put("/me/groups")
@guard("own")
def set_groups(house: House, actor: Actor, body: GroupsBody) -> Response:
    """Say to which groups you belong, or take it back; nobody sees it, only sums of ten people."""
    declare_groups(house.db, actor.person_id, body.groups, house.clock())
    return reply({"groups": read_declared(house.db, actor.person_id)})


def system_json(one: ListedSystem) -> dict[str, Any]:
    """Write a system for the API."""
    return asdict(one.system) | {
        "version": one.system.version,
        "family": one.family,
        "is_on": one.is_on,
        "switched": None
        if one.switch is None
        else {"by": one.switched_by, "at": iso(one.switch.set_at), "reason": one.switch.reason},
    }


def monitors_json(monitors: Monitors) -> dict[str, Any]:
    """Write what monitors see for the API."""
    found = monitors.found
    return {
        "least_people": K,
        "retaliation": asdict(found.retaliation) | {"is_found": found.retaliation.is_found},
        "groups": [impact_json(one) for one in found.impacts],
        "reviewers": [asdict(one) | {"share": one.share} for one in found.stamps],
        "silent_appeals": {str(project): count for project, count in found.silent.items()},
        "unregistered": list(found.unregistered),
        "incidents": [incident_json(one) for one in monitors.incidents],
    }


def impact_json(one: Impact) -> dict[str, Any]:
    """Write a group beside the others for the API; people in tens."""
    told = asdict(one) | {"people": one.people // 10 * 10, "others": one.others // 10 * 10}
    return told | {"is_found": one.is_found}


def incident_json(one: Incident) -> dict[str, Any]:
    """Write an incident for the API."""
    return {
        "id": one.id,
        "kind": one.kind,
        "project_id": one.project_id or None,
        "sentence": one.sentence,
        "evidence": dict(one.evidence),
        "audience": one.audience,
        "state": one.state,
        "opened_at": iso(one.opened_at),
        "closed_at": None if one.closed_at is None else iso(one.closed_at),
        "closed_by": one.closed_by,
        "note": one.note,
    }


def conditions_json(found: Conditions) -> dict[str, Any]:
    """Write conditions for the API."""
    return {
        "since": iso(found.since),
        "least_people": K,
        "cuts": [asdict(cut) for cut in found.cuts],
        "premiums": {
            currency: Money(micros // MICROS, currency).decimal()
            for currency, micros in found.premiums
        },
        "paid_rest_hours": found.paid_rest_hours,
    }


def scores_json(found: SelfScores) -> dict[str, Any]:
    """Write self-scores for the API."""
    return {
        "caution": CAUTION,
        "at": iso(found.at),
        "frameworks": [
            {
                "name": framework,
                "title": FRAMEWORKS[framework],
                "lines": [
                    {
                        "number": one.line.number,
                        "asks": one.line.asks,
                        "state": one.state,
                        "evidence": one.evidence,
                        "query": one.sql,
                        "read_in_full": one.line.read,
                    }
                    for one in lines
                ],
            }
            for framework, lines in found.lines.items()
        ],
    }
