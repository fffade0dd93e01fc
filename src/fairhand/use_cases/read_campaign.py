"""A campaign as its owner sees it: terms, cells, the notice that people read, what is kept."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project
from fairhand.people.campaigns import coverage_store, store
from fairhand.people.campaigns.law_packs import LawPack, load_law_pack
from fairhand.people.campaigns.rules import BROUGHT_BY, Campaign, Cell
from fairhand.people.campaigns.schedule import KeptFor, biometric_policy, retention_schedule
from fairhand.people.consent import notice_store
from fairhand.people.consent.notice_store import Notice
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """All that an owner decides about a campaign, and what follows from it.

    `campaign` is None while the project is none; `can_bring` says what its questions could collect.
    """

    project: Project
    campaign: Campaign | None
    cells: tuple[Cell, ...]
    can_bring: tuple[str, ...]
    pack: LawPack
    schedule: tuple[KeptFor, ...]
    notices: tuple[Notice, ...]
    is_counted: bool

    @property
    def notice(self) -> Notice | None:
        """The English words in force, or the first of another language."""
        english = [one for one in self.notices if one.language.startswith("en")]
        return next(iter((*english, *self.notices)), None)


def read_campaign(db: Database, project_id: int) -> CampaignPage:
    """Read a campaign; an ordinary project is read as one that is not made yet."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        campaign = store.load_campaign(connection, project_id)
        pack = load_law_pack(campaign.law_pack if campaign else "eu")
        return CampaignPage(
            project=project,
            campaign=campaign,
            cells=tuple(store.list_cells(connection, project_id)),
            can_bring=_can_bring(connection, project),
            pack=pack,
            schedule=retention_schedule(campaign, pack) if campaign else (),
            notices=tuple(notice_store.list_live(connection, project_id)),
            is_counted=coverage_store.last_week(connection, project_id) is not None,
        )


def read_biometric_policy(db: Database, project_id: int, now: Instant) -> str:
    """Read the public policy on templates; raises NotFoundError where nothing is collected yet.

    A campaign is public from its first notice on.
    """
    page = read_campaign(db, project_id)
    notice = page.notice
    if page.campaign is None or notice is None or notice.published_at > now:
        raise NotFoundError("There is no campaign of this number that asks people for anything.")
    holder = str(notice.terms.controller.get("name", ""))
    return biometric_policy(page.project.title, holder, page.campaign, page.pack)


def _can_bring(connection: Connection, project: Project) -> tuple[str, ...]:
    asked = projects.load_version(connection, project.id, project.version)
    kinds = {question.kind for question in asked.questions} if asked else set()
    return tuple(modality for modality, kind in BROUGHT_BY.items() if kind in kinds)
