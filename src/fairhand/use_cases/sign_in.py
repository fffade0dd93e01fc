"""A person signs in, by one-time link or password, and gets a session."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotSignedInError
from fairhand.core.words import later as _
from fairhand.people.accounts import store
from fairhand.people.accounts.rules import address_of, check_password
from fairhand.proof.log import store as log
from fairhand.storage.database import Database

# A hash of nothing anybody knows: checking it makes an unknown address as slow as a known one.
_DECOY = store.hash_password("no account has this password; it only costs time")


def sign_in_by_link(db: Database, token: str, now: Instant, *, days: int) -> str:
    """Use a one-time link and return the session's secret; raises NotSignedInError."""
    with db.write() as connection:
        person_id = store.use_link(connection, token, now)
        if person_id is None:
            raise NotSignedInError(
                _(
                    "This sign-in link is not valid: links work once and for a limited time. "
                    "Ask for a new one."
                ),
                code="link_invalid",
            )
        secret = store.create_session(connection, person_id, now, days)
        log.append(connection, "person.signed_in", {"person": person_id}, now, person_id)
    return secret


def sign_in_by_password(db: Database, email: str, password: str, now: Instant, *, days: int) -> str:
    """Check a password and return the session's secret; raises NotSignedInError."""
    person_id = password_owner(db, email, password)
    if person_id is None:
        raise NotSignedInError(
            _("The e-mail address and password do not fit together."), code="wrong_password"
        )
    with db.write() as connection:
        secret = store.create_session(connection, person_id, now, days)
        log.append(connection, "person.signed_in", {"person": person_id}, now, person_id)
    return secret


def account_at(db: Database, email: str) -> int | None:
    """Say which account has an address, however it is typed."""
    with db.read() as connection:
        found = store.find_person(connection, address_of(email))
    return found.id if found is not None else None


def password_owner(db: Database, email: str, password: str) -> int | None:
    """Say whose address and password these are; as slow for those that are nobody's."""
    with db.read() as connection:
        known = store.load_password_hash(connection, address_of(email))
    fits = store.password_fits(known[1] if known else _DECOY, password)
    return known[0] if known is not None and fits else None


def choose_password(db: Database, person_id: int, password: str, now: Instant) -> None:
    """Set a person's own password; raises InvalidError when it is too short."""
    if issues := check_password(password):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        store.set_password(connection, person_id, password)
        log.append(connection, "person.password_set", {"person": person_id}, now, person_id)


def peek_link(db: Database, token: str, now: Instant) -> str | None:
    """Say whose unused link this is, without using it."""
    with db.read() as connection:
        return store.peek_link(connection, token, now)


def sign_out(db: Database, secret: str) -> None:
    """Close a session; closing it twice does nothing."""
    with db.write() as connection:
        store.delete_session(connection, secret)
