"""A person no longer wants to be shown content of a tier: it holds from the next item on."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.wellbeing import own_store
from fairhand.people.wellbeing.own_rules import TIERS
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.release_hard_tasks import release_hard_tasks


@dataclass(frozen=True, slots=True)
class EndTierConsent:
    """From which tier upwards a person takes their consent back."""

    person_id: int
    tier: int


def end_tier_consent(db: Database, command: EndTierConsent, now: Instant) -> int:
    """End the consent to a tier and those above it; gives how many ended.

    Nothing is asked, and nothing but what is handed out changes: not pay, not rank, not standing.
    """
    if command.tier not in TIERS:
        raise NotFoundError(f"There is no tier {command.tier}.")
    with db.write() as connection:
        ended = own_store.end_consents(connection, command.person_id, command.tier, now)
        if ended:
            own_store.set_max_tier(connection, command.person_id, command.tier - 1)
            release_hard_tasks(connection, command.person_id, command.tier - 1, now)
            log.append(
                connection,
                "own.changed",
                {"person": command.person_id},
                now,
                command.person_id,
                None,
            )
    return ended
