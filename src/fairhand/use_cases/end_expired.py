"""Grants whose time is over, and files that were kept long enough, come to their end.

Nothing waits for this: a grant that is over permits nothing, whether anything ran or not. It tells
the recipients, deletes the files, and keeps the promise of the retention schedule.
"""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.campaigns import store as campaigns
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import store as consent
from fairhand.people.contributions import store as contributions
from fairhand.proof.log import store as log
from fairhand.proof.revocation import store as revocations
from fairhand.storage.database import Database
from fairhand.use_cases.let_answers_go import let_answers_go
from fairhand.use_cases.withdraw_grant import end_over

_MOST: Final = 200


def end_expired(db: Database, now: Instant, most: int = _MOST) -> int:
    """End up to `most` grants that are over, and as many contributions past their retention."""
    return _end_grants(db, now, most) + _end_kept(db, now, most)


def _end_grants(db: Database, now: Instant, most: int) -> int:
    with db.write() as connection:
        over = grants.list_over(connection, now, most)
        for grant in over:
            end_over(connection, grant, now)
            if not any(
                one.is_living(now)
                for one in grants.list_own(connection, grant.person_id, grant.project_id)
            ):
                consent.leave(connection, grant.person_id, grant.project_id, now)
                let_answers_go(connection, grant.person_id, grant.project_id)
    return len(over)


def _end_kept(db: Database, now: Instant, most: int) -> int:
    ended = 0
    with db.read() as connection:
        every = campaigns.list_campaigns(connection)
    for campaign in every:
        before = Instant(now - campaign.retention_days * DAY_MS)
        with db.read() as connection:
            if not contributions.past_retention(connection, campaign.project_id, before, 1):
                continue
        with db.write() as connection:
            old = contributions.past_retention(connection, campaign.project_id, before, most)
            for person_id in sorted({person for _, person in old}):
                numbers = [number for number, person in old if person == person_id]
                contributions.end_some(connection, person_id, numbers, "withdrawn", now)
                withdrawal_id = revocations.add_withdrawal(
                    connection,
                    person_id=person_id,
                    project_id=campaign.project_id,
                    grant_id=None,
                    scope={"contributions": numbers},
                    reason="retention",
                    items=len(numbers),
                    now=now,
                )
                body = {"withdrawal": withdrawal_id, "project": campaign.project_id}
                event = log.append(
                    connection,
                    "contribution.kept_long_enough",
                    {**body, "contributions": numbers},
                    now,
                    person_id,
                    campaign.project_id,
                )
                revocations.set_event(connection, withdrawal_id, event.id)
            ended += len(old)
    return ended
