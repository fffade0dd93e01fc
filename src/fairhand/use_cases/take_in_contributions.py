"""What people gave of themselves in a campaign's answers becomes contributions, under their grant.

Each question of own data in each new answer is one contribution, with the person's living grant
for its kind and what they said of themselves by then. Asked again it does nothing: an answer is
taken in once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from fairhand.core.clock import Instant
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign
from fairhand.people.consent.grant_store import living_grant, load_grant
from fairhand.people.contributions import intake_store as store
from fairhand.people.contributions.intake import items_of
from fairhand.people.contributions.intake_store import LOOK_BACK, Given
from fairhand.people.contributions.store import end_under
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.versions import version_of

STEP = LOOK_BACK + 200
"""Answers in one transaction: more than are looked at again, so that new ones always come up."""


def take_in_contributions(db: Database, project_id: int, now: Instant, step: int = STEP) -> int:
    """Take in a campaign's new answers; gives how many contributions came of them.

    A project that is no campaign has none.
    """
    with db.write() as connection:
        campaign = campaigns.load_campaign(connection, project_id)
        if campaign is None:
            return 0
        given = store.list_new_answers(connection, project_id, campaign.taken_to, step)
        added = [
            (answer.id, question)
            for answer in given
            for question in _take_in(db, connection, campaign, answer, now)
        ]
        newest = max((answer.id for answer in given), default=0)
        if newest > campaign.taken_to:
            campaigns.save_taken_to(connection, project_id, newest)
        if added:
            body = {"project": project_id, "answers": sorted({number for number, _ in added})}
            log.append(connection, "contributions.taken_in", body, now, project_id=project_id)
    return len(added)


def _take_in(
    db: Database, connection: Connection, campaign: Campaign, answer: Given, now: Instant
) -> list[str]:
    """Take in one answer; gives the questions of which contributions were made."""
    version = version_of(db, connection, campaign.project_id, answer.project_version)
    kinds = {question.name: question.kind for question in version.questions}
    taken = []
    for item in items_of(answer.value, kinds, campaign.modalities):
        grant = living_grant(
            connection, answer.person_id, campaign.project_id, item.modality, answer.submitted_at
        )
        while grant is not None and grant.replaced_by is not None:
            grant = load_grant(connection, grant.replaced_by)  # its words hold for this as well
        grant_id = None if grant is None else grant.id
        part = _profile(connection, answer.person_id, campaign.project_id)
        if store.add_contribution(connection, campaign.project_id, answer, item, grant_id, part):
            taken.append(item.question)
        if grant is not None and not grant.is_living(now):  # taken back on the way in
            end_under(connection, grant.id, "withdrawn", now, STEP)
    return taken


def _profile(connection: Connection, person_id: int, project_id: int) -> Mapping[str, str]:
    """Give what somebody said of themselves, without what they left open."""
    said = campaigns.load_profile(connection, person_id, project_id)
    return {} if said is None else {name: one for name, one in asdict(said).items() if one}
