"""The API of the gate: is a release fit to train on, who still agrees, let a training begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.errors import ForbiddenError, MalformedError
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.release.fitness import Finding
from fairhand.proof.release.gate_file import USUAL_PURPOSE, parse_bounds
from fairhand.proof.release.gate_store import GateRun
from fairhand.use_cases.house import House
from fairhand.use_cases.read_fitness import (
    AskFitness,
    Fitness,
    read_fitness,
    read_gate_runs,
    read_standing,
)
from fairhand.use_cases.read_releases import read_release
from fairhand.use_cases.run_gate import RunGate, finding_json, run_gate
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["releases"], route_class=StrictRoute)

_Purpose = Annotated[str, Query(max_length=40)]
_Bounds = Annotated[str, Query(max_length=20_000)]


class GateBody(Body):
    """A training that is to begin; `bounds` are those of `release.toml`."""

    key: str = Field(max_length=100)
    manifest_sha256: str = Field(max_length=64)
    purpose: str = Field(default=USUAL_PURPOSE, max_length=40)
    by: str = Field(default="", max_length=200)
    bounds: dict[str, Any] = Field(default_factory=dict)


@router.get("/releases/{release_id}/fitness")
@guard("release.view")
def fitness(
    house: House,
    actor: Actor,
    release_id: int,
    purpose: _Purpose = USUAL_PURPOSE,
    bounds: _Bounds = "{}",
) -> Response:
    """Say by every rule whether training may begin; `bounds` is a JSON object. Nothing is kept."""
    read_release(house.db, actor, release_id)
    asked = AskFitness(release_id, purpose, parse_bounds(_object(bounds)))
    found = read_fitness(house.db, asked, house.clock(), house.secret)
    return reply(fitness_json(found, purpose) | {"vkeys": [one.vkey for one in house.log_keys]})


@router.get("/releases/{release_id}/standing", response_class=Response)
@guard("release.view")
def standing(house: House, actor: Actor, release_id: int) -> Response:
    """Fetch who still agrees, signed, for a machine without a network; it names nobody."""
    read_release(house.db, actor, release_id)
    made = read_standing(
        house.db, house.blobs, house.signer, release_id, house.clock(), house.secret
    )
    name = f"release-{release_id}-standing.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(made, media_type="application/json", headers=headers)


@router.get("/releases/{release_id}/gate")
@guard("release.view")
def runs(house: House, actor: Actor, release_id: int) -> Response:
    """List the trainings that were let through on a release, the newest first."""
    read_release(house.db, actor, release_id)
    found = read_gate_runs(house.db, release_id)
    return reply({"runs": [run_json(one) for one in found]})


@router.post("/releases/{release_id}/gate")
@guard("gate.run")
def let_through(house: House, actor: Actor, release_id: int, body: GateBody) -> Response:
    """Let a training begin: it is written down and paid for, once a key; 409 where it may not."""
    project_id = read_release(house.db, actor, release_id).release.project_id
    if not may(actor, "gate.run", project_id):
        raise ForbiddenError("Your account may not do this here.")
    command = RunGate(
        release_id=release_id,
        manifest_sha256=body.manifest_sha256,
        key=body.key,
        asked_by=actor.person_id,
        by=body.by.strip() or house.name,
        purpose=body.purpose,
        bounds=parse_bounds(body.bounds),
    )
    done = run_gate(house.db, command, house.clock(), house.secret)
    content = {"run_id": done.run_id, "event_id": done.event_id, "usage_id": done.usage_id}
    again = {"again": done.again}
    return reply(
        content | again | fitness_json(done.fitness, body.purpose), 200 if done.again else 201
    )


def fitness_json(found: Fitness, purpose: str) -> dict[str, Any]:
    """Write what was found, with names of those who can mend it."""
    return {
        "release_id": found.release.id,
        "project_id": found.release.project_id,
        "version": found.release.version,
        "manifest_sha256": found.release.manifest_sha256,
        "purpose": purpose,
        "fit": found.is_fit,
        "checked_at": iso(found.checked_at),
        "target_confidence": found.target_confidence,
        "findings": [_finding(one, found.names) for one in found.findings],
    }


def run_json(one: GateRun) -> dict[str, Any]:
    """Write a run of the gate."""
    return {
        "run_id": one.id,
        "at": iso(one.at),
        "key": one.key,
        "purpose": one.purpose,
        "usage_id": one.usage_id,
        "event_id": one.event_id,
    }


def _finding(one: Finding, names: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return finding_json(one) | {"who": {role: list(names.get(role, ())) for role in one.who}}


def _object(text: str) -> dict[str, Any]:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MalformedError(f"bounds is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise MalformedError("bounds must be a JSON object.")
    return content
