"""The key that signs credentials is replaced; a revoked one's credentials are signed anew."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.people.talent import credential_store as store
from fairhand.people.talent.badge import renewed_body
from fairhand.people.talent.credential_store import Credential, IssuerKey
from fairhand.people.talent.integrity import with_proof
from fairhand.people.talent.keys import Issuer
from fairhand.people.talent.multikey import KeyPair
from fairhand.people.talent.status_list import place_of
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class ReplaceIssuerKey:
    """Who replaces it and why; `is_revoked` when somebody else may have had the old one.

    `multikey` names the key that ends; left out, the one that signs now.
    """

    person_id: int
    reason: str
    is_revoked: bool = False
    multikey: str | None = None


@dataclass(frozen=True, slots=True)
class ReplacedKey:
    """The key that signs now, and how many credentials were signed anew."""

    multikey: str
    renewed: int


def replace_issuer_key(
    db: Database, command: ReplaceIssuerKey, issuer: Issuer, now: Instant
) -> ReplacedKey:
    """End a key; when it is the one that signs, a new one takes its place.

    Retired, what it signed stays good, and it signs nothing more but the list of what was revoked.
    Revoked, none of it is good any more: every credential that
    was is given out again under the key that signs now, so that nobody loses what they have shown.
    Raises InvalidError without a reason, and NotFoundError for a key that is not there to end.
    """
    if not command.reason.strip():
        raise InvalidError("Say why.", issues=[Issue("reason", "Say why, in a few words.")])
    with db.write() as connection:
        ended = _ended(store.list_keys(connection), command)
        if ended is not None:
            store.end_key(connection, ended.id, now, command.reason, is_revoked=command.is_revoked)
        live = store.live_key(connection)
        pair = issuer.make_key() if live is None else issuer.load_key(live.multikey)
        key = live or store.add_key(connection, pair.public.multikey, now)
        lost = store.list_of_key(connection, ended.id) if ended and command.is_revoked else []
        for one in lost:
            _renew(connection, one, issuer, (key, pair), now)
        body = {
            "key": key.multikey,
            "ended": None if ended is None else ended.multikey,
            "is_revoked": command.is_revoked,
            "renewed": len(lost),
            "reason": command.reason,
        }
        log.append(connection, "credential.key_replaced", body, now, command.person_id)
    if ended is not None and command.is_revoked:
        issuer.forget_key(ended.multikey)
    return ReplacedKey(key.multikey, len(lost))


def _ended(keys: list[IssuerKey], command: ReplaceIssuerKey) -> IssuerKey | None:
    """Find the key that ends; None where none has signed yet."""
    if command.multikey is None:
        return next((key for key in keys if not (key.retired_at or key.revoked_at)), None)
    for key in keys:
        may_end = key.revoked_at is None and (command.is_revoked or key.retired_at is None)
        if key.multikey == command.multikey and may_end:
            return key
    raise NotFoundError("There is no such key that could still end.")


def _renew(
    connection: Connection,
    one: Credential,
    issuer: Issuer,
    key: tuple[IssuerKey, KeyPair],
    now: Instant,
) -> None:
    """Give a credential out again: it says the same, under another key and number."""
    store.revoke(connection, one.id, now, "Its key was revoked; it was given out again.")
    uid = str(uuid4())
    number = store.add_credential(
        connection,
        uid=uid,
        person_id=one.person_id,
        skill_id=one.skill_id,
        attempt_id=one.attempt_id,
        key_id=key[0].id,
        issued_at=one.issued_at,
        valid_until=one.valid_until,
    )
    place = place_of(number, key[0].id)
    body = renewed_body(orjson.loads(one.body), uid, place, issuer.url, key[1].public)
    signed = with_proof(body, key[1], now, in_list=True)
    store.write_body(connection, number, orjson.dumps(signed, option=orjson.OPT_INDENT_2).decode())
