"""What of a campaign could be licensed for a wish: every grant is asked, default deny."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.model.licence import NEVER_SOLD, PURPOSES, covers
from fairhand.model.project import Project
from fairhand.pay.royalties import store as royalties
from fairhand.pay.royalties.rules import terms_in_force
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import notice_store as notices
from fairhand.people.contributions import store as contributions
from fairhand.proof.licensing.rules import Quote, Wish, make_quote
from fairhand.storage.database import Connection
from fairhand.work.projects import store as projects

_GRANTS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Offer:
    """A campaign, what its people were asked for, and who is responsible for it."""

    project: Project
    campaign: Campaign
    purposes: tuple[str, ...]
    territories: tuple[str, ...]
    longest_days: int
    controller: str


def load_offer(connection: Connection, project_id: int, *, only_listed: bool) -> Offer:
    """Load what may be asked for; raises NotFoundError where nothing is offered."""
    project = projects.load_project(connection, project_id)
    campaign = campaigns.load_campaign(connection, project_id)
    notice = notices.best_of(notices.list_live(connection, project_id), "en")
    if project is None or campaign is None or notice is None:
        raise NotFoundError("Nothing is offered here.")
    if only_listed and not campaign.is_listed:
        raise NotFoundError("Nothing is offered here.")
    asked = {one for many in notice.terms.offered.values() for one in many}
    return Offer(
        project,
        campaign,
        tuple(one for one in PURPOSES if one in asked),
        notice.terms.territories,
        notice.terms.longest_days,
        str(notice.terms.controller.get("name") or project.title),
    )


def quote_for(connection: Connection, offer: Offer, wish: Wish, now: Instant) -> Quote:
    """Reckon what is there for a wish and what it costs."""
    items, people = count_available(connection, offer.project.id, wish, now)
    return make_quote(
        items,
        people,
        wish,
        offer.campaign.prices,
        smallest=offer.campaign.smallest_cell,
        share_permille=share_permille(connection, offer.project.id, now),
        currency=offer.project.currency,
        now=now,
    )


def count_available(
    connection: Connection, project_id: int, wish: Wish, now: Instant
) -> tuple[int, int]:
    """Count items and people whose grants cover a wish whole; exact, so never to be shown."""
    ready = contributions.count_by_grant(connection, project_id)
    items, people = 0, set()
    for some in chunks(iter(sorted(ready)), _GRANTS_AT_ONCE):
        for grant in grants.load_grants(connection, some).values():
            if grant.modality in NEVER_SOLD:
                continue
            if covers(grant.terms(), wish.wanted(grant.modality, now)):
                items += ready[grant.id]
                people.add(grant.person_id)
    return items, len(people)


def share_permille(connection: Connection, project_id: int, now: Instant) -> int:
    """Say which part of a thousand of a price goes to the people; 0: no royalties are promised."""
    terms = terms_in_force(royalties.list_terms(connection, project_id), now)
    return terms.share_permille if terms else 0
