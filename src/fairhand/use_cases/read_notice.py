"""Somebody reads a campaign's notice: in their language, with how far they are."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.model.project import Project
from fairhand.people.accounts import store as accounts
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign, Profile
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import notice_store as notices
from fairhand.people.consent.grant_store import DataGrant
from fairhand.people.consent.notice_store import Notice, Reading
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class OpenNotice:
    """A notice as somebody sees it; `reading` None: they have not opened it."""

    project: Project
    campaign: Campaign
    notice: Notice
    languages: tuple[str, ...]
    reading: Reading | None
    living: tuple[DataGrant, ...]
    has_refused: bool
    profile: Profile | None

    @property
    def is_understood(self) -> bool:
        """Say whether both questions were answered rightly, for this version."""
        return self.reading is not None and self.reading.understood_at is not None


def read_notice(
    db: Database, person_id: int, project_id: int, now: Instant, language: str = ""
) -> OpenNotice:
    """Show the notice in the person's language where there is one, and how far they are.

    Raises NotFoundError where a project is no campaign or has published nothing yet.
    """
    with db.read() as connection:
        project, campaign = _campaign(connection, project_id)
        person = accounts.load_person(connection, person_id)
        live = notices.list_live(connection, project_id)
        chosen = notices.best_of(live, language or (person.locale if person else "en"))
        if chosen is None:
            raise NotFoundError("This campaign has not published its notice yet.")
        own = grants.list_own(connection, person_id, project_id)
        return OpenNotice(
            project,
            campaign,
            chosen,
            tuple(one.language for one in live),
            notices.load_reading(connection, person_id, chosen.id),
            tuple(one for one in own if one.is_living(now)),
            project_id in grants.list_refused(connection, person_id),
            campaigns.load_profile(connection, person_id, project_id),
        )


def live_notice_of(db: Database, project_id: int, notice_id: int, now: Instant) -> Notice:
    """Load the notice of one campaign that can be agreed to now; see `live_notice`."""
    with db.read() as connection:
        found = live_notice(connection, notice_id, now)
    if found.project_id != project_id:
        raise NotFoundError("This campaign has no such notice.")
    return found


def live_notice(connection: Connection, notice_id: int, now: Instant) -> Notice:
    """Load a notice that can be agreed to now; says clearly why another cannot."""
    found = notices.load_notice(connection, notice_id)
    if found is None:
        raise NotFoundError("There is no such notice.")
    if found.retired_at is not None:
        raise ConflictError(
            "The notice changed while you were reading. What you ticked is kept on the page; "
            "please read the new one before you decide.",
            code="notice_changed",
        )
    if not found.can_be_agreed_to(now):
        raise ConflictError(
            "This notice has expired: nobody can agree to it any more. Ask whoever runs the "
            "campaign for a new one.",
            code="notice_expired",
        )
    return found


def _campaign(connection: Connection, project_id: int) -> tuple[Project, Campaign]:
    project = projects.load_project(connection, project_id)
    campaign = campaigns.load_campaign(connection, project_id)
    if project is None or campaign is None:
        raise NotFoundError(f"There is no campaign {project_id}.")
    return project, campaign
