"""A person keeps a note of how they are, sealed in their browser; the server holds bytes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.people.wellbeing import own_store
from fairhand.storage.database import Database

LEAST_ROUNDS: Final = 600_000
"""Rounds of PBKDF2-HMAC-SHA-256, as OWASP advised in 2023."""
SEALED_MAX: Final = 20_000
SEALED_MIN: Final = 12 + 16  # a nonce and a tag round nothing at all
MOST: Final = 2_000
_LENGTHS: Final = {"salt": 16, "nonce": 12, "key": 48}


@dataclass(frozen=True, slots=True)
class KeepCheckIn:
    """A sealed note; `client_key` makes a retry count once."""

    person_id: int
    client_key: str
    sealed: bytes


def keep_key(db: Database, person_id: int, wrapped: Mapping[str, Any], now: Instant) -> None:
    """Keep a person's key, sealed by words that only they know.

    A key that notes are sealed with is replaced only where it says so (`again`: the same key under
    new words); else ConflictError, or a lost page would lock somebody out of their own notes.
    """
    again = wrapped.get("again", False)
    if issues := check_wrapped(wrapped):
        raise InvalidError("The key was not kept.", issues=issues)
    with db.write() as connection:
        if not again and own_store.load_key(connection, person_id) is not None:
            raise ConflictError("You have a key already: open it with your words.", code="has_key")
        kept = {name: wrapped[name] for name in ("rounds", *_LENGTHS)}
        own_store.save_key(connection, person_id, kept, now)


def keep_check_in(db: Database, command: KeepCheckIn, now: Instant) -> None:
    """Keep a sealed note; raises InvalidError for what cannot be one."""
    issues = []
    if not SEALED_MIN <= len(command.sealed) <= SEALED_MAX:
        issues.append(Issue("sealed", f"A sealed note has up to {SEALED_MAX} bytes."))
    if not 1 <= len(command.client_key) <= 64:
        issues.append(Issue("client_key", "Give a key of 1 to 64 characters."))
    if issues:
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        if own_store.load_key(connection, command.person_id) is None:
            raise ConflictError("Choose your words first: they make the key.", code="no_key")
        if own_store.count_check_ins(connection, command.person_id) >= MOST:
            raise ConflictError(f"There are {MOST} notes; delete some first.", code="too_many")
        own_store.add_check_in(
            connection, command.person_id, command.client_key, command.sealed, now
        )


def drop_check_ins(db: Database, person_id: int, check_in_id: int | None = None) -> int:
    """Delete one note, or all of them with their key; gives how many notes went."""
    with db.write() as connection:
        gone = own_store.drop_check_ins(connection, person_id, check_in_id)
        if check_in_id is not None and not gone:
            raise NotFoundError("You have no such note.")
    return gone


def check_wrapped(wrapped: Mapping[str, Any]) -> list[Issue]:
    """List what is wrong with a sealed key: too few rounds, or parts of the wrong length."""
    rounds = wrapped.get("rounds")
    issues = []
    if not isinstance(rounds, int) or not LEAST_ROUNDS <= rounds <= 10**8:
        issues.append(Issue("rounds", f"Use at least {LEAST_ROUNDS} rounds."))
    for name, length in _LENGTHS.items():
        if len(from_base64(wrapped.get(name)) or b"") != length:
            issues.append(Issue(name, f"Give {length} bytes in base64."))
    return issues


def from_base64(text: object) -> bytes | None:
    """Read base64; None for what is none."""
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return None
