"""Somebody comes back from an identity provider, and is signed in or asked whose account it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.ids import new_token
from fairhand.core.sign_on import SignOn
from fairhand.people.accounts import store as accounts
from fairhand.people.sign_on import store
from fairhand.people.sign_on.provider import document_of, read_claims, redeem
from fairhand.people.sign_on.rules import Said, SignOnError, check_domain, how_to_know, read_said
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection
from fairhand.use_cases.house import House
from fairhand.use_cases.sign_on_parts import (
    Waiting,
    client_secret,
    follow,
    keep_waiting,
    kept_of,
    link_now,
    must_be_open,
    over,
    provider_named,
    redirect_uri,
    told,
    unseal,
)

_SAID_NO = {
    "access_denied": "You or the provider said no to this sign-in. Nothing was changed.",
    "login_required": "The provider wants you to sign in there first. Start again.",
    "temporarily_unavailable": "The provider cannot do it now. Try again in a few minutes.",
    "server_error": "The provider had trouble of its own. Try again in a few minutes.",
}


@dataclass(frozen=True, slots=True)
class FinishSignOn:
    """What the provider sent the browser back with, and who the browser is."""

    provider: str
    browser: str
    state: str
    code: str = ""
    error: str = ""
    issuer: str = ""
    signed_in: int | None = None  # whose session the browser has


@dataclass(frozen=True, slots=True)
class Finished:
    """A session's secret, or the name of a sign-in that waits for a proof; and where to go."""

    session: str = ""
    proof: str = ""
    next: str = ""


def finish_sign_on(house: House, command: FinishSignOn, now: Instant, *, days: int) -> Finished:
    """Check what came back, and sign in; raises SignOnError saying what is wrong, and where."""
    settings = provider_named(house, command.provider)
    waiting = _take(house, command, now)
    said = _ask_provider(house, settings, waiting, command)
    if why := check_domain(settings, said):
        raise SignOnError(why, "token")
    with house.db.write() as connection:
        person_id, how = _whose(connection, settings, said, command, now)
        if person_id is None:
            proof = Waiting(command.provider, next=waiting.next, said=kept_of(said))
            name = keep_waiting(connection, house, proof, command.browser, now)
            return Finished(proof=name, next=waiting.next)
        change = follow(connection, house, command.provider, person_id, said, now)
        secret = accounts.create_session(connection, person_id, now, days)
        body = {"person": person_id, "provider": command.provider, **how, **told(change, said)}
        log.append(connection, "person.signed_in", body, now, person_id)
    return Finished(session=secret, next=waiting.next)


def _take(house: House, command: FinishSignOn, now: Instant) -> Waiting:
    """Take the sign-in that this answers: it is gone whatever comes of it."""
    with house.db.write() as connection:
        taken = store.take_waiting(connection, command.state, command.browser, now)
    if taken is None:
        raise over()
    sealed, is_same_browser = taken
    if not is_same_browser:
        raise SignOnError(
            "This sign-in was begun in another browser. Begin it again in this one; if you did not "
            "begin any, somebody sent you their link, and you did well not to be signed in.",
            "browser",
        )
    waiting = unseal(house, sealed, command.state)
    if waiting.provider != command.provider or not waiting.nonce:
        raise SignOnError("This answer belongs to another provider's sign-in.", "browser")
    return waiting


def _ask_provider(house: House, settings: SignOn, waiting: Waiting, command: FinishSignOn) -> Said:
    """Hold the answer against the provider it must be from, and ask it who this is."""
    document = document_of(settings)
    if command.issuer != settings.issuer and (command.issuer or document.says_issuer):
        raise SignOnError(
            "This answer does not come from the provider that the sign-in was begun at.", "issuer"
        )
    if command.error:
        known = _SAID_NO.get(command.error)
        word = command.error[:60] if command.error.isprintable() else "an error"
        raise SignOnError(known or f"The provider answered with {word!r}. Start again.", "token")
    if not command.code:
        raise SignOnError("The provider's answer holds no code. Start again.", "token")
    secret = client_secret(house, settings)
    uri = redirect_uri(house, command.provider)
    tokens = redeem(settings, secret, command.code, waiting.verifier, uri)
    return read_said(settings, read_claims(settings, tokens, waiting.nonce, house.clock()))


def _whose(
    connection: Connection, settings: SignOn, said: Said, command: FinishSignOn, now: Instant
) -> tuple[int | None, dict[str, Any]]:
    """Find the account, link it or make it; None where the person has to prove which it is."""
    known = store.find_identity(connection, said.issuer, said.subject)
    if known is not None:
        must_be_open(connection, known.person_id)
        store.touch(connection, said.issuer, said.subject, now)
        return known.person_id, {}
    account = accounts.find_person(connection, said.email) if said.email else None
    way = how_to_know(
        settings,
        said,
        has_account=account is not None,
        is_doubtful=account is not None and _is_doubtful(connection, account.id, said),
        is_signed_in=command.signed_in is not None,
    )
    if way == "link" and account is not None:
        must_be_open(connection, account.id)
        # Somebody may have invited this address, and have used the link themselves: who has waited
        # in the account for its person must not be in it when they come.
        accounts.end_access(connection, account.id, now)
        link_now(connection, said, account.id, now)
        return account.id, {"linked": "by address"}
    if way == "admit":
        person_id = _admit(connection, said, now)
        link_now(connection, said, person_id, now)
        return person_id, {"admitted": True}
    return None, {}


def _is_doubtful(connection: Connection, person_id: int, said: Said) -> bool:
    linked = store.list_identities(connection, person_id)
    is_anothers = any(one.issuer == said.issuer for one in linked)
    return is_anothers or store.may_have_typed_address(connection, person_id)


def _admit(connection: Connection, said: Said, now: Instant) -> int:
    """Make an account; an address that is not verified does not take anybody's place."""
    made = accounts.create_person(
        connection,
        email=said.verified_email,
        display_name=said.name or f"Guest {new_token()[:6]}",
        locale="en",
        country="",
        region="",
        is_simulated=False,
        now=now,
    )
    if made is None:
        raise over()  # somebody took the address within this moment
    return made
