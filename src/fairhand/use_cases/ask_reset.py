"""Somebody forgot their password: a link is mailed to the address, if an account has it."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.people.accounts import store
from fairhand.people.accounts.rules import address_of
from fairhand.people.post import store as post
from fairhand.people.post.rules import RESET_MS, RESETS_AN_HOUR
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.put_letters import Outbox

HOURS = 1


def ask_reset(db: Database, outbox: Outbox, email: str, now: Instant) -> None:
    """Mail a link to who has this address; whether anybody has, the caller is not told."""
    with db.write() as connection:
        found = store.find_person(connection, address_of(email))
        if found is None or found.email is None or found.state != "active" or found.is_simulated:
            return
        since = Instant(now - RESET_MS)
        if post.count_made(connection, found.id, "reset", since) >= RESETS_AN_HOUR:
            return
        secret = store.create_reset(connection, found.id, now, HOURS)
        to = (found.id, found.email, found.locale)
        outbox.put_link(connection, "reset", to, ("/reset/", secret, HOURS), now)
        log.append(connection, "person.reset_asked", {"person": found.id}, now, found.id)
