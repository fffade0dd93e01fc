"""A person's own credentials, and those that they let others read."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.talent import credential_store as store
from fairhand.people.talent.badge import told_results
from fairhand.people.talent.credential_store import Credential
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class OwnCredential:
    """A credential as its person sees it in a list; `results` as (what, value)."""

    credential: Credential
    state: str  # good, ended, revoked
    criteria: str
    results: tuple[tuple[str, str], ...]


def read_credentials(db: Database, person_id: int, now: Instant) -> list[OwnCredential]:
    """List a person's credentials, the newest first."""
    with db.read() as connection:
        found = store.list_of_person(connection, person_id)
    return [_own(one, now) for one in found]


def read_credential(db: Database, person_id: int, uid: str) -> Credential:
    """Load a person's own credential; raises NotFoundError."""
    with db.read() as connection:
        found = store.find_credential(connection, uid)
    if found is None or found.person_id != person_id:
        raise NotFoundError("You have no such credential.")
    return found


def read_shared(db: Database, uid: str) -> Credential:
    """Load a credential that its person shares; nobody is told, nothing is counted."""
    with db.read() as connection:
        found = store.find_credential(connection, uid)
    if found is None or not found.is_shared:
        raise NotFoundError("No credential is shared at this address.")
    return found


def state_of(one: Credential, now: Instant) -> str:
    """Say in one word whether a credential still holds."""
    if one.revoked_at is not None:
        return "revoked"
    return "ended" if one.valid_until is not None and one.valid_until <= now else "good"


def _own(one: Credential, now: Instant) -> OwnCredential:
    subject = orjson.loads(one.body)["credentialSubject"]
    criteria = subject["achievement"]["criteria"]["narrative"]
    return OwnCredential(one, state_of(one, now), criteria, told_results(subject))
