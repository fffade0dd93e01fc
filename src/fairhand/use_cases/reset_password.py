"""A person sets a new password by a link that was made for it; every session of theirs ends."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotSignedInError
from fairhand.core.words import later as _
from fairhand.people.accounts import store
from fairhand.people.accounts.rules import check_password
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


def is_reset_open(db: Database, secret: str, now: Instant) -> bool:
    """Say whether a link still sets a password."""
    with db.read() as connection:
        return store.peek_link(connection, store.reset_key(secret), now) is not None


def reset_password(
    db: Database, secret: str, password: str, now: Instant, *, end_tokens: bool = False
) -> None:
    """Use the link and set the password; tokens end too if that is wished.

    Raises InvalidError (the link stays good) for a password that is too short, NotSignedInError
    for a link that is used up, too old or unknown.
    """
    if issues := [Issue("new_password", one.message) for one in check_password(password)]:
        raise InvalidError(_("The password was not changed."), issues=issues)
    with db.write() as connection:
        person_id = store.use_link(connection, store.reset_key(secret), now)
        if person_id is None:
            raise NotSignedInError(
                "This link is not valid any more: it works once, for an hour. Ask for a new one.",
                code="link_invalid",
            )
        store.end_links(connection, person_id, now)
        store.set_password(connection, person_id, password)
        store.delete_sessions(connection, person_id)
        if end_tokens:
            store.end_tokens(connection, person_id, now)
        log.append(connection, "person.password_set", {"person": person_id}, now, person_id)
