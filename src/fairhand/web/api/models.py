"""The models of a project over the API: tick, train, promote, roll back, model cards."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.ask_assist_work import AskAssistWork, ask_assist_work
from fairhand.use_cases.house import House
from fairhand.use_cases.promote_version import PromoteVersion, promote_version
from fairhand.use_cases.read_models import Model, Models, read_card, read_model, read_models
from fairhand.use_cases.set_assist_policy import SetAssistPolicy, set_assist_policy
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute
from fairhand.work.prelabel.store import AssistPolicy

router = APIRouter(prefix="/api/v1", tags=["assist"], route_class=StrictRoute)

Share = Annotated[float, Field(ge=0, le=1, strict=False, allow_inf_nan=False)]
Name = Annotated[str, Field(max_length=100)]


class RollbackBody(Body):
    """The number of the version that is shown now, so that a second try changes nothing."""

    instead_of: Annotated[int, Field(ge=1, lt=2**63)] | None = None


class AssistPolicyBody(Body):
    """What shall hold from now on; what is left out stays. Shares are 0 to 1."""

    is_on: bool | None = None
    reorders: bool | None = None
    strategy: Name | None = None
    ask: Name | None = None
    coverage: dict[Name, dict[Name, Share]] | None = Field(default=None, max_length=10)
    slice_fields: list[Name] | None = Field(default=None, max_length=10)
    target_quality: Share | None = None
    blind_share: Share | None = None
    holdout_share: Share | None = None


class AssistWorkBody(Body):
    """What shall be done now: `train` (which also ranks and proposes), `rank`, or `propose`."""

    work: Literal["train", "rank", "propose"] = "train"


@router.put("/projects/{project_id}/assist")
@guard("project.edit")
def change(house: House, actor: Actor, project_id: int, body: AssistPolicyBody) -> Response:
    """Tick or untick assistance, or change how it works."""
    command = SetAssistPolicy(
        actor.person_id,
        project_id,
        is_on=body.is_on,
        reorders=body.reorders,
        strategy=body.strategy,
        ask=body.ask,
        coverage=body.coverage,
        slice_fields=None if body.slice_fields is None else tuple(body.slice_fields),
        target_quality=body.target_quality,
        blind_permille=_permille(body.blind_share),
        holdout_permille=_permille(body.holdout_share),
    )
    policy = set_assist_policy(house.db, command, house.clock(), blobs=house.blobs)
    return reply(policy_json(policy))


@router.post("/projects/{project_id}/assist/work")
@guard("project.edit")
def work(house: House, actor: Actor, project_id: int, body: AssistWorkBody) -> Response:
    """Ask for training, a new order or proposals; the job is null when one is under way."""
    command = AskAssistWork(project_id, body.work, actor.person_id)
    job_id = ask_assist_work(house.db, command, house.clock())
    return reply({"job": job_id}, status=202)


@router.get("/projects/{project_id}/assist/models")
@guard("project.status")
def show_all(house: House, actor: Actor, project_id: int) -> Response:
    """List the versions of all models, newest first, with how each did."""
    return reply(models_json(read_models(house.db, project_id)))


@router.get("/projects/{project_id}/assist/models/{version_id}")
@guard("project.status")
def show(house: House, actor: Actor, project_id: int, version_id: int) -> Response:
    """Show a version with its model card."""
    found = read_model(house.db, project_id, version_id)
    return reply(model_json(found) | {"card": read_card(house.db, project_id, version_id)})


@router.post("/projects/{project_id}/assist/models/{version_id}/promote")
@guard("project.edit")
def promote(house: House, actor: Actor, project_id: int, version_id: int) -> Response:
    """Show people this version's proposals from now on."""
    command = PromoteVersion(actor.person_id, project_id, version_id)
    version = promote_version(house.db, command, house.clock())
    return reply(model_json(read_model(house.db, project_id, version.id)))


@router.post("/projects/{project_id}/assist/rollback")
@guard("project.edit")
def roll_back(
    house: House, actor: Actor, project_id: int, body: RollbackBody | None = None
) -> Response:
    """Show the version that was shown before; with `instead_of`, only in place of that one."""
    command = PromoteVersion(
        actor.person_id, project_id, instead_of=body.instead_of if body else None
    )
    version = promote_version(house.db, command, house.clock())
    return reply(model_json(read_model(house.db, project_id, version.id)))


def models_json(found: Models) -> dict[str, Any]:
    """Write a project's models; scores are shares from 0 to 1 with 95 % intervals."""
    return {
        "project_id": found.project.id,
        "is_on": found.is_on,
        "work": found.work,
        "may_roll_back": found.may_roll_back,
        "models": [model_json(one) for one in found.models],
    }


def model_json(found: Model) -> dict[str, Any]:
    """Write one version."""
    version, report = found.version, found.version.report
    return {
        "id": version.id,
        "model": version.model,
        "number": version.number,
        "assistant": {"id": found.assistant.id, "name": found.assistant.name},
        "kind": found.assistant.kind,
        "state": version.state,
        "is_shown": found.is_shown,
        "verdict": version.verdict,
        "trained_on": version.trained_on,
        "held_out": version.held_out,
        "proposed": found.proposed,
        "basis": report.get("basis"),
        "score": report.get("score"),
        "low": report.get("low"),
        "high": report.get("high"),
        "rival": report.get("rival"),
        "rival_score": report.get("rival_score"),
        "questions": report.get("questions", {}),
        "checkpoint_sha256": version.checkpoint_sha256,
        "weights_sha256": version.weights_sha256,
        "took_ms": version.took_ms,
        "created_at": iso(version.created_at),
        "promoted_at": None if version.promoted_at is None else iso(version.promoted_at),
        "promoted_by": version.promoted_by,
    }


def policy_json(policy: AssistPolicy) -> dict[str, Any]:
    """Write what holds now."""
    kept = asdict(policy)
    names = ("is_on", "reorders", "strategy", "ask", "coverage", "target_quality", "off_because")
    return {
        "project_id": policy.project_id,
        **{name: kept[name] for name in names},
        "slice_fields": list(policy.slice_fields),
    }


def _permille(share: float | None) -> int | None:
    return None if share is None else round(1_000 * share)
