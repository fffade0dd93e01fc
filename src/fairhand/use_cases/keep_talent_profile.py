"""A person says what they can and when they are available, and whether they want to be found."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.core.words import words_for
from fairhand.people.accounts import store as accounts
from fairhand.people.talent import profile_store as store
from fairhand.people.talent.rules import NOTICE, Profile, profile_issues
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class KeepTalentProfile:
    """Whose profile, what it says, and the hash of the words they saw when they agreed."""

    person_id: int
    profile: Profile
    notice_sha256: str = ""


def keep_talent_profile(db: Database, command: KeepTalentProfile, now: Instant) -> None:
    """Write a profile; to be found takes agreeing to the notice in the words that stand now.

    Raises InvalidError naming every field that is wrong. Not to be found any more holds at once.
    """
    issues = profile_issues(command.profile)
    with db.write() as connection:
        person = accounts.load_person(connection, command.person_id)
        if person is None:
            raise NotFoundError("There is no such person.")
        expected = notice_hash(person.locale)
        if command.profile.is_listed and command.notice_sha256 != expected:
            issues.append(Issue("is_listed", "Read what others will see, and agree to it."))
        if issues:
            raise InvalidError("This cannot be kept so.", issues=issues)
        store.save_profile(connection, command.person_id, command.profile, expected, now)
        body = {"is_listed": command.profile.is_listed, "notice": expected}
        log.append(connection, "talent.profile_kept", body, now, command.person_id)


def notice_hash(locale: str) -> str:
    """Hash the notice in somebody's language: what they agree to."""
    return sha256_hex(words_for(locale)(NOTICE).encode())
