"""Somebody showed a skill: they get a signed credential that they can carry anywhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import uuid4

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.accounts import store as accounts
from fairhand.people.talent import credential_store as store
from fairhand.people.talent.badge import Badge, Shown, badge_body
from fairhand.people.talent.credential_store import IssuerKey
from fairhand.people.talent.integrity import with_proof
from fairhand.people.talent.keys import Issuer
from fairhand.people.talent.multikey import KeyPair
from fairhand.people.talent.status_list import place_of
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection


@dataclass(frozen=True, slots=True)
class NewCredential:
    """Who showed which skill, by what; `criteria` says in words what had to be done for it.

    `attempt_id` is the exam; None when somebody vouched for the person.
    """

    person_id: int
    skill_id: int
    criteria: str
    attempt_id: int | None = None
    shown: Shown | None = None
    valid_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """The credential that was given out; `again` when this exam had brought it before."""

    id: int
    uid: str
    again: bool = False


def issue_credential(
    connection: Connection, new: NewCredential, issuer: Issuer, now: Instant
) -> Issued:
    """Sign and keep a credential, inside the transaction of the story that calls this.

    One exam brings one credential, however often this is called. `issuer` is `house.issuer`.
    Raises NotFoundError for an unknown person or skill, and UnavailableError when the signing key
    is missing: nothing is written then.
    """
    if new.attempt_id is not None:
        before = store.find_of_attempt(connection, new.attempt_id)
        if before is not None:
            return Issued(before.id, before.uid, again=True)
    key, pair = _signing_key(connection, issuer, now)
    made = _write(connection, new, issuer, (key, pair), now)
    body = {"credential": made.uid, "skill": new.skill_id, "key": key.multikey}
    log.append(connection, "credential.issued", body, now, new.person_id)
    return made


def _signing_key(connection: Connection, issuer: Issuer, now: Instant) -> tuple[IssuerKey, KeyPair]:
    """Find the key that signs; the first credential makes the first key."""
    live = store.live_key(connection)
    if live is not None:
        return live, issuer.load_key(live.multikey)
    pair = issuer.make_key()
    return store.add_key(connection, pair.public.multikey, now), pair


def _write(
    connection: Connection,
    new: NewCredential,
    issuer: Issuer,
    key: tuple[IssuerKey, KeyPair],
    now: Instant,
) -> Issued:
    person = accounts.load_person(connection, new.person_id)
    skill = store.load_skill(connection, new.skill_id)
    if person is None or skill is None:
        raise NotFoundError("There is no such person, or no such skill.")
    uid = str(uuid4())
    number = store.add_credential(
        connection,
        uid=uid,
        person_id=new.person_id,
        skill_id=new.skill_id,
        attempt_id=new.attempt_id,
        key_id=key[0].id,
        issued_at=now,
        valid_until=new.valid_until,
    )
    status_list, status_index = place_of(number, key[0].id)
    badge = Badge(
        uid=uid,
        skill_id=skill.id,
        skill=skill.name,
        kind=skill.kind,
        description=skill.description,
        criteria=new.criteria,
        identity=person.email or person.display_name,
        identity_type="emailAddress" if person.email else "name",
        salt=secrets.token_hex(16),
        issued_at=now,
        valid_until=new.valid_until,
        status_list=status_list,
        status_index=status_index,
        shown=new.shown,
    )
    body = badge_body(badge, issuer.name, issuer.url, key[1].public)
    signed = with_proof(body, key[1], now, in_list=True)
    store.write_body(connection, number, orjson.dumps(signed, option=orjson.OPT_INDENT_2).decode())
    return Issued(number, uid)
