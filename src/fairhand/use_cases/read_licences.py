"""What an owner or auditor reads of a project's licences: requests, recipients, notices, models."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign
from fairhand.proof.licensing import store
from fairhand.proof.licensing.store import (
    Licence,
    LicenceRequest,
    Licensee,
    Notice,
    TrainedModel,
    Unlearning,
)
from fairhand.storage import job_store
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.ask_release import RELEASE
from fairhand.use_cases.licence_offer import share_permille
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class Held:
    """A licence with who holds it, what they were told, and the state of its release.

    `writing` is "" or what is being done: queued, running, or failed with `trouble`.
    """

    licence: Licence
    holder: Licensee
    notices: tuple[Notice, ...]
    models: tuple[tuple[TrainedModel, tuple[Unlearning, ...]], ...]
    writing: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with who asks."""

    request: LicenceRequest
    asker: Licensee


@dataclass(frozen=True, slots=True)
class LicencesPage:
    """Everything about a project's licences."""

    project: Project
    campaign: Campaign
    share_permille: int
    requests: tuple[Asked, ...]
    held: tuple[Held, ...]


def read_licences(db: Database, project_id: int, now: Instant) -> LicencesPage:
    """Load a project's licences; raises NotFoundError where the project is no campaign."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        campaign = campaigns.load_campaign(connection, project_id)
        if project is None or campaign is None:
            raise NotFoundError(f"Project {project_id} is no campaign.")
        requests = store.list_requests(connection, project_id=project_id)
        return LicencesPage(
            project,
            campaign,
            share_permille(connection, project_id, now),
            tuple(Asked(one, _holder(connection, one.licensee_id)) for one in requests),
            held(connection, store.list_licences(connection, project_id=project_id)),
        )


def held(connection: Connection, licences: list[Licence]) -> tuple[Held, ...]:
    """Put together licences with all that hangs on them."""
    numbers = [one.id for one in licences]
    notices = store.list_notices(connection, numbers)
    models = store.list_models(connection, licence_ids=numbers)
    asked = store.list_unlearning(connection, [one.id for one in models])
    jobs = {one.id: _job(connection, one) for one in licences if one.ended_at is None}
    return tuple(
        Held(
            one,
            _holder(connection, one.licensee_id),
            tuple(told for told in notices if told.licence_id == one.id),
            tuple(
                (model, tuple(two for two in asked if two.model_id == model.id))
                for model in models
                if model.licence_id == one.id
            ),
            *jobs.get(one.id, ("", "")),
        )
        for one in licences
    )


def _job(connection: Connection, licence: Licence) -> tuple[str, str]:
    for job in job_store.list_jobs(connection, licence.project_id, 500, RELEASE):
        if job.command.get("licence_id") == licence.id:
            return ("", "") if job.state == "done" else (job.state, job.error or "")
    return "", ""


def _holder(connection: Connection, licensee_id: int) -> Licensee:
    found = store.load_licensee(connection, licensee_id)
    if found is None:
        raise NotFoundError(f"There is no licensee {licensee_id}.")
    return found
