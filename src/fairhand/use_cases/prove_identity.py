"""Somebody proves that an account is theirs, so that a provider's identity is linked to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fairhand.core.clock import Instant
from fairhand.core.errors import NotSignedInError
from fairhand.people.accounts import store as accounts
from fairhand.people.sign_on import store
from fairhand.people.sign_on.rules import Said
from fairhand.proof.log import store as log
from fairhand.use_cases.house import House
from fairhand.use_cases.sign_in import password_owner
from fairhand.use_cases.sign_on_parts import (
    Waiting,
    follow,
    link_now,
    must_be_open,
    over,
    provider_named,
    said_of,
    seal,
    told,
    unseal,
)

MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class ProveIdentity:
    """What waits, in which browser; the password, and whose: the session's person or an address."""

    provider: str
    proof: str
    browser: str
    password: str = ""
    email: str = ""
    signed_in: int | None = None


def see_proof(house: House, provider: str, proof: str, browser: str, now: Instant) -> Said:
    """Say who the provider says this is; raises SignOnError when it waits no more."""
    provider_named(house, provider)
    return said_of(_look(house, provider, proof, browser, now))


def prove_identity(
    house: House, command: ProveIdentity, now: Instant, *, days: int
) -> tuple[str, str]:
    """Link the identity, and give a session's secret and where to go.

    Raises NotSignedInError for a wrong password, SignOnError when it waits no more.
    """
    provider_named(house, command.provider)
    waiting = _look(house, command.provider, command.proof, command.browser, now)
    person_id = _proven(house, command)
    if person_id is None:
        _count(house, command, waiting)
        raise NotSignedInError("The password does not fit.", code="wrong_password")
    said = said_of(waiting)
    with house.db.write() as connection:
        if store.take_waiting(connection, command.proof, command.browser, now) is None:
            raise over()
        must_be_open(connection, person_id)
        link_now(connection, said, person_id, now)
        change = follow(connection, house, command.provider, person_id, said, now)
        secret = accounts.create_session(connection, person_id, now, days)
        body = {"person": person_id, "provider": command.provider, **told(change, said)}
        log.append(connection, "person.identity_linked", body, now, person_id)
    return secret, waiting.next


def _look(house: House, provider: str, proof: str, browser: str, now: Instant) -> Waiting:
    with house.db.read() as connection:
        sealed = store.see_waiting(connection, proof, browser, now)
    waiting = unseal(house, sealed, proof) if sealed is not None else None
    if waiting is None or waiting.provider != provider or not waiting.said:
        raise over()
    return waiting


def _proven(house: House, command: ProveIdentity) -> int | None:
    """Whose account it is, once the password says so; without one, the session says so."""
    if command.signed_in is None:
        return password_owner(house.db, command.email, command.password)
    with house.db.read() as connection:
        account = accounts.load_account(connection, command.signed_in)
    if account is None or not account.has_password:
        return command.signed_in
    owner = password_owner(house.db, account.person.email or "", command.password)
    return owner if owner == command.signed_in else None


def _count(house: House, command: ProveIdentity, waiting: Waiting) -> None:
    """Count a wrong password; the fifth ends the sign-in."""
    with house.db.write() as connection:
        if waiting.tries + 1 >= MOST_TRIES:
            store.drop_waiting(connection, command.proof)
            return
        counted = replace(waiting, tries=waiting.tries + 1)
        sealed = seal(connection, house, counted, command.proof)
        store.seal_anew(connection, command.proof, sealed)
