"""SQL of credentials and of the keys that sign them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import bindparam, select, update

from fairhand.core.clock import Instant
from fairhand.people.talent.status_list import LENGTH
from fairhand.storage.database import Connection
from fairhand.storage.tables.people import skill
from fairhand.storage.tables.readiness import credential, issuer_key


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A key that signs or signed credentials."""

    id: int
    multikey: str
    created_at: Instant
    retired_at: Instant | None
    revoked_at: Instant | None
    reason: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it was given out."""

    id: int
    uid: str
    person_id: int
    skill_id: int
    skill: str
    kind: str
    attempt_id: int | None
    key_id: int
    body: str
    issued_at: Instant
    valid_until: Instant | None
    revoked_at: Instant | None
    reason: str
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill that the workspace knows."""

    id: int
    name: str
    kind: str
    description: str


_KEYS = select(
    issuer_key.c.id,
    issuer_key.c.multikey,
    issuer_key.c.created_at,
    issuer_key.c.retired_at,
    issuer_key.c.revoked_at,
    issuer_key.c.reason,
).order_by(issuer_key.c.id)
_LIVE_KEY = (
    _KEYS.with_only_columns(*_KEYS.selected_columns)
    .where(issuer_key.c.retired_at.is_(None), issuer_key.c.revoked_at.is_(None))
    .order_by(None)
    .order_by(issuer_key.c.id.desc())
    .limit(1)
)
_COLUMNS: tuple[Any, ...] = (
    credential.c.id,
    credential.c.uid,
    credential.c.person_id,
    credential.c.skill_id,
    skill.c.name.label("skill"),
    skill.c.kind,
    credential.c.attempt_id,
    credential.c.key_id,
    credential.c.body,
    credential.c.issued_at,
    credential.c.valid_until,
    credential.c.revoked_at,
    credential.c.reason,
    credential.c.is_shared,
)
_CREDENTIALS = select(*_COLUMNS).join(skill, skill.c.id == credential.c.skill_id)
_OF_UID = _CREDENTIALS.where(credential.c.uid == bindparam("p_uid"))
_OF_ATTEMPT = _CREDENTIALS.where(
    credential.c.attempt_id == bindparam("p_attempt_id"), credential.c.revoked_at.is_(None)
)
_OF_PERSON = _CREDENTIALS.where(credential.c.person_id == bindparam("p_person_id")).order_by(
    credential.c.issued_at.desc(), credential.c.id.desc()
)
_OF_KEY = _CREDENTIALS.where(
    credential.c.key_id == bindparam("p_key_id"), credential.c.revoked_at.is_(None)
).order_by(credential.c.id)
_REVOKED = select(credential.c.id).where(
    credential.c.revoked_at.is_not(None),
    credential.c.id >= bindparam("p_from"),
    credential.c.id < bindparam("p_to"),
)


def live_key(connection: Connection) -> IssuerKey | None:
    """Find the key that signs now; None before the first credential."""
    row = connection.execute(_LIVE_KEY).one_or_none()
    return None if row is None else IssuerKey(*row)


def list_keys(connection: Connection) -> list[IssuerKey]:
    """List every key that signs or ever signed, the oldest first."""
    return [IssuerKey(*row) for row in connection.execute(_KEYS)]


def add_key(connection: Connection, multikey: str, now: Instant) -> IssuerKey:
    """Let a key sign from now on."""
    added = connection.execute(
        issuer_key.insert().returning(issuer_key.c.id), {"multikey": multikey, "created_at": now}
    )
    return IssuerKey(cast(int, added.scalar_one()), multikey, now, None, None, "")


def end_key(
    connection: Connection, key_id: int, now: Instant, reason: str, *, is_revoked: bool
) -> None:
    """End a key: retired keeps what it signed good, revoked does not."""
    column = "revoked_at" if is_revoked else "retired_at"
    connection.execute(
        update(issuer_key).where(issuer_key.c.id == key_id).values({column: now, "reason": reason})
    )


def add_credential(
    connection: Connection,
    *,
    uid: str,
    person_id: int,
    skill_id: int,
    attempt_id: int | None,
    key_id: int,
    issued_at: Instant,
    valid_until: Instant | None,
) -> int:
    """Take a number for a credential; its body follows in the same transaction."""
    added = connection.execute(
        credential.insert().returning(credential.c.id),
        {
            "uid": uid,
            "person_id": person_id,
            "skill_id": skill_id,
            "attempt_id": attempt_id,
            "key_id": key_id,
            "body": "",
            "issued_at": issued_at,
            "valid_until": valid_until,
        },
    )
    return cast(int, added.scalar_one())


def write_body(connection: Connection, credential_id: int, body: str) -> None:
    """Write what was signed."""
    connection.execute(update(credential).where(credential.c.id == credential_id).values(body=body))


def find_credential(connection: Connection, uid: str) -> Credential | None:
    """Find a credential by its UUID."""
    row = connection.execute(_OF_UID, {"p_uid": uid}).one_or_none()
    return None if row is None else Credential(*row)


def find_of_attempt(connection: Connection, attempt_id: int) -> Credential | None:
    """Find the credential that an exam brought, unless it was revoked."""
    row = connection.execute(_OF_ATTEMPT, {"p_attempt_id": attempt_id}).first()
    return None if row is None else Credential(*row)


def list_of_person(connection: Connection, person_id: int) -> list[Credential]:
    """List a person's credentials, the newest first."""
    return [Credential(*row) for row in connection.execute(_OF_PERSON, {"p_person_id": person_id})]


def list_of_key(connection: Connection, key_id: int) -> list[Credential]:
    """List the good credentials that a key signed."""
    return [Credential(*row) for row in connection.execute(_OF_KEY, {"p_key_id": key_id})]


def revoke(connection: Connection, credential_id: int, now: Instant, reason: str) -> bool:
    """Revoke a credential; False when it was revoked already."""
    changed = connection.execute(
        update(credential)
        .where(credential.c.id == credential_id, credential.c.revoked_at.is_(None))
        .values(revoked_at=now, reason=reason, is_shared=False)
    )
    return changed.rowcount == 1


def share(connection: Connection, credential_id: int, *, is_shared: bool) -> None:
    """Let everybody with its address read a credential, or nobody any more."""
    connection.execute(
        update(credential).where(credential.c.id == credential_id).values(is_shared=is_shared)
    )


def revoked_in(connection: Connection, number: int) -> list[int]:
    """List the bits that are set in a status list (1, 2, …)."""
    start = (number - 1) * LENGTH
    found = connection.execute(_REVOKED, {"p_from": start, "p_to": start + LENGTH}).scalars()
    return [one - start for one in found]


def last_list(connection: Connection) -> int:
    """Say how many status lists there are."""
    newest = connection.execute(
        select(credential.c.id).order_by(credential.c.id.desc()).limit(1)
    ).scalar_one_or_none()
    return (newest or 0) // LENGTH + 1


def load_skill(connection: Connection, skill_id: int) -> Skill | None:
    """Load a skill."""
    row = connection.execute(
        select(skill.c.id, skill.c.name, skill.c.kind, skill.c.description).where(
            skill.c.id == skill_id
        )
    ).one_or_none()
    return None if row is None else Skill(*row)
