"""Somebody says something of themselves for a campaign, or takes it back; each of it by choice."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.people.campaigns import store
from fairhand.people.campaigns.rules import Profile, check_profile
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class SayProfile:
    """What a person says of themselves for one campaign; what is empty is not said."""

    person_id: int
    project_id: int
    profile: Profile


def say_profile(db: Database, command: SayProfile, now: Instant) -> Profile:
    """Keep what somebody says of themselves: it counts for what they give from now on.

    The log names which fields were filled in, never what they say.
    """
    if issues := check_profile(command.profile):
        words = " ".join(issue.message for issue in issues)
        raise InvalidError(f"This cannot be kept. {words}", issues=issues)
    with db.write() as connection:
        if store.load_campaign(connection, command.project_id) is None:
            raise NotFoundError(f"Project {command.project_id} is no campaign.")
        store.save_profile(connection, command.person_id, command.project_id, command.profile, now)
        body = {"project": command.project_id, "said": sorted(command.profile.said())}
        log.append(
            connection, "campaign.profile_said", body, now, command.person_id, command.project_id
        )
    return command.profile
