"""The owner's half of the API: projects, their policy, their money, their state."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.money import MICROS, Money
from fairhand.model.project import Project, Question
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.archive_project import ArchiveProject, archive_project, restore_project
from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.house import House
from fairhand.use_cases.open_project import OpenProject, open_project
from fairhand.use_cases.read_project import list_visible, read_project, read_status
from fairhand.use_cases.set_worth import SetWorth, set_worth
from fairhand.use_cases.versions import current_version
from fairhand.web.api.bodies import FundBody, GuidelinesBody, ModeBody, ProjectBody, WorthBody
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import money_of
from fairhand.web.shared.strict import StrictRoute
from fairhand.work.projects.rules import ProjectPolicy

router = APIRouter(prefix="/api/v1", tags=["projects"], route_class=StrictRoute)


@router.get("/projects")
@guard("own")
def list_all(house: House, actor: Actor, archived: bool = False) -> Response:
    """List the projects that you may see; with `archived`, those that are out of the way."""
    found = list_visible(house.db, actor, archived=archived)
    return reply({"projects": [project_json(project) for project in found]})


@router.post("/projects", status_code=201)
@guard("project.create")
def create(house: House, actor: Actor, body: ProjectBody) -> Response:
    """Make a project; it starts as a draft or a demo."""
    policy = ProjectPolicy(
        title=body.title,
        purpose=body.purpose,
        guidelines=body.guidelines,
        questions=tuple(Question(**asked.model_dump()) for asked in body.questions),
        currency=body.currency,
        rate_micros_per_hour=money_of(body.rate, body.currency, "rate").minor * MICROS,
        min_overlap=body.min_overlap,
        max_overlap=body.max_overlap,
        target_confidence=body.target_confidence,
        expected_ms=int(body.expected_seconds * 1_000),
        tier=body.tier,
        worth_micros=_worth(body.worth, body.currency),
    )
    command = CreateProject(
        owner_id=actor.person_id,
        policy=policy,
        mode=body.mode,
        slug=body.slug,
        lease_ttl_ms=house.settings.lease_ttl_s * 1_000,
    )
    return reply(project_json(create_project(house.db, command, house.clock())), 201)


@router.get("/projects/{project_id}")
@guard("own")
def show(house: House, actor: Actor, project_id: int) -> Response:
    """Show a project with its questions and guidelines."""
    project = read_project(house.db, project_id)
    version = current_version(house.db, project.id, project.version)
    shown = project_json(project) | {
        "questions": [asdict(question) for question in version.questions],
        "guidelines": version.guidelines,
    }
    if may(actor, "project.status", project_id):
        shown["policy"] = {
            "min_overlap": project.min_overlap,
            "max_overlap": project.max_overlap,
            "target_confidence": project.target_confidence,
            "worth": worth_text(project),
        }
    return reply(shown)


@router.get("/projects/{project_id}/status")
@guard("project.status")
def status(house: House, actor: Actor, project_id: int) -> Response:
    """Say how far, how good, how much: counted now."""
    return reply(asdict(read_status(house.db, project_id, house.clock())))


@router.post("/projects/{project_id}/guidelines")
@guard("project.edit")
def guidelines(house: House, actor: Actor, project_id: int, body: GuidelinesBody) -> Response:
    """Write the next version of the guidelines; the old ones are kept."""
    command = ChangeGuidelines(actor.person_id, project_id, body.guidelines)
    return reply({"version": change_guidelines(house.db, command, house.clock())})


@router.put("/projects/{project_id}/worth")
@guard("project.edit")
def worth(house: House, actor: Actor, project_id: int, body: WorthBody) -> Response:
    """Say what one right answer is worth; what is asked from now on follows it."""
    micros = _worth(body.worth, read_project(house.db, project_id).currency)
    set_worth(house.db, SetWorth(actor.person_id, project_id, micros), house.clock())
    return reply({"worth": body.worth})


@router.post("/projects/{project_id}/mode")
@guard("project.open")
def mode(house: House, actor: Actor, project_id: int, body: ModeBody) -> Response:
    """Open, pause or close a project; opening asks the gate."""
    command = OpenProject(actor.person_id, project_id, body.mode)
    return reply({"mode": open_project(house.db, command, house.clock())})


@router.post("/projects/{project_id}/archive")
@guard("project.edit")
def archive(house: House, actor: Actor, project_id: int) -> Response:
    """Put a project out of the way: it is read as ever, and nothing changes in it."""
    archive_project(house.db, ArchiveProject(actor.person_id, project_id), house.clock())
    return reply(project_json(read_project(house.db, project_id)))


@router.post("/projects/{project_id}/restore")
@guard("project.edit")
def restore(house: House, actor: Actor, project_id: int) -> Response:
    """Bring an archived project back as it was."""
    restore_project(house.db, ArchiveProject(actor.person_id, project_id), house.clock())
    return reply(project_json(read_project(house.db, project_id)))


@router.post("/projects/{project_id}/fund")
@guard("project.fund")
def fund(house: House, actor: Actor, project_id: int, body: FundBody) -> Response:
    """Set money aside for a project, once per `client_key`."""
    currency = read_project(house.db, project_id).currency
    amount = money_of(body.amount, currency, "amount")
    command = FundProject(project_id, actor.person_id, amount, body.client_key)
    funded = fund_project(house.db, command, house.clock())
    left = Money(funded.left_micros // MICROS, currency)
    return reply({"escrow": left.decimal(), "currency": currency, "again": funded.again})


def _worth(text: str | None, currency: str) -> int | None:
    return None if text is None else money_of(text, currency, "worth").minor * MICROS


def worth_text(project: Project) -> str | None:
    """Write what a right answer is worth as a decimal; None where the target rules."""
    if project.worth_micros is None:
        return None
    return Money(project.worth_micros // MICROS, project.currency).decimal()


def project_json(project: Project) -> dict[str, Any]:
    """Write a project as lists show it."""
    rate = Money(project.rate_micros_per_hour // MICROS, project.currency)
    return {
        "id": project.id,
        "slug": project.slug,
        "title": project.title,
        "mode": project.mode,
        "version": project.version,
        "purpose": project.purpose,
        "currency": project.currency,
        "rate": rate.decimal(),
        "expected_seconds": project.expected_ms / 1_000,
        "tier": project.tier,
        "created_at": iso(project.created_at),
        "archived_at": None if project.archived_at is None else iso(project.archived_at),
    }
