"""Before a file comes in: in a campaign, its person must permit it at this moment."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError
from fairhand.people.campaigns import store as campaigns
from fairhand.people.consent.grant_store import living_grant
from fairhand.people.consent.notices import MODALITY_WORDS
from fairhand.people.contributions.intake import modality_of
from fairhand.storage.database import Connection
from fairhand.work.assignment import store as queue


def check_granted(
    connection: Connection, person_id: int, project_id: int, modality: str, now: Instant
) -> None:
    """Raise ForbiddenError (`grant_needed`) where a campaign asks for a grant that is not there.

    Ordinary projects, and campaigns that do not collect this modality, need none.
    """
    campaign = campaigns.load_campaign(connection, project_id)
    if campaign is None or modality not in campaign.modalities:
        return
    if living_grant(connection, person_id, project_id, modality, now) is None:
        raise ForbiddenError(
            f"You do not permit {MODALITY_WORDS[modality]} to be used here any more, or not yet, "
            f"so nothing was sent. Open the campaign's page (/campaigns/{project_id}) to decide.",
            code="grant_needed",
        )


def check_still_granted(
    connection: Connection, person_id: int, task_id: int, kind: str, now: Instant
) -> None:
    """Raise ForbiddenError (`grant_needed`) where the file of an answer can never come in.

    So a device that waits with an answer for a file that is refused hears why, and does not wait
    for ever. `kind` is the kind of its question.
    """
    lease = queue.load_lease(connection, person_id, task_id)
    campaign = campaigns.load_campaign(connection, lease.project_id) if lease else None
    modality = modality_of(kind, campaign.modalities) if campaign else None
    if campaign is not None and modality is not None:
        check_granted(connection, person_id, campaign.project_id, modality, now)
