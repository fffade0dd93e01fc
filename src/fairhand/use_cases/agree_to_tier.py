"""A person agrees to be shown content of a tier, after reading what that is."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.core.words import ENGLISH, words_for
from fairhand.people.wellbeing import own_store
from fairhand.people.wellbeing.disclosure import SORTS, words_for_tier
from fairhand.people.wellbeing.own_rules import highest, next_tier
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class AgreeToTier:
    """Who agrees to which tier; the hash of the words that they read."""

    person_id: int
    tier: int
    disclosure_sha256: str
    locale: str = "en"


def agree_to_tier(db: Database, command: AgreeToTier, now: Instant) -> int:
    """Write the consent down with its words; gives the tier that may be handed out from now on.

    One tier after another: raises ConflictError where a lower one is still to be agreed to, and
    InvalidError where the words are not those that are shown now. Twice is once.
    """
    if command.tier not in SORTS:
        raise NotFoundError(f"There is no tier {command.tier} to agree to.")
    read = _read(command)
    if read is None:
        message = "Read what this tier is first; its words have changed, or were not sent."
        raise InvalidError(message, issues=[Issue("disclosure_sha256", message)])
    with db.write() as connection:
        agreed = _agreed(own_store.list_consents(connection, command.person_id))
        if command.tier in agreed:
            return highest(agreed)
        if (first := next_tier(agreed)) != command.tier:
            raise ConflictError(f"Agree to tier {first} first.", code="tier_order")
        own_store.agree(connection, command.person_id, command.tier, *read, now)
        reached = highest([*agreed, command.tier])
        own_store.set_max_tier(connection, command.person_id, reached)
        log.append(
            connection, "own.changed", {"person": command.person_id}, now, command.person_id, None
        )
    return reached


def _read(command: AgreeToTier) -> tuple[str, str] | None:
    """Give the words that were read and their language: the reader's own, or English."""
    for words in (words_for(command.locale), ENGLISH):
        said = words_for_tier(command.tier, words)
        if sha256_hex(said.encode()) == command.disclosure_sha256:
            return said, words.language
    return None


def _agreed(consents: list[own_store.Consent]) -> list[int]:
    return [one.tier for one in consents if one.ended_at is None]
