"""Somebody, or the administrator, ends the link between an account and a provider."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.words import later as _
from fairhand.people.accounts import store as accounts
from fairhand.people.sign_on import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection
from fairhand.use_cases.house import House
from fairhand.use_cases.read_sign_on import key_of
from fairhand.use_cases.sign_on_parts import follow, told


@dataclass(frozen=True, slots=True)
class EndIdentity:
    """Whose link, and which (its key, as `read_sign_on` gives it)."""

    person_id: int
    key: str
    by_administrator: bool = False


def end_identity(house: House, command: EndIdentity, now: Instant) -> None:
    """End the link, and the roles that only its groups gave; by the administrator, sessions too.

    Raises NotFoundError, and ConflictError when it is the person's only way in.
    """
    with house.db.write() as connection:
        listed = store.list_identities(connection, command.person_id)
        found = next((one for one in listed if key_of(one) == command.key), None)
        if found is None:
            raise NotFoundError(_("There is no such link."))
        store.unlink(connection, found.issuer, found.subject, command.person_id)
        if not command.by_administrator and not _has_a_way_in(connection, house, command.person_id):
            raise ConflictError(
                _("This is your only way to sign in. Set a password first, or link another one.")
                if house.settings.password_sign_in
                else _("This is your only way to sign in. Link another one first."),
                code="only_way_in",
            )
        if command.by_administrator:  # whoever came in that way is out at once
            accounts.delete_sessions(connection, command.person_id)
        change = follow(connection, house, None, command.person_id, None, now)
        body = {
            "person": command.person_id,
            "issuer": found.issuer,
            "by": "administrator" if command.by_administrator else "person",
            **told(change),
        }
        log.append(connection, "person.identity_ended", body, now, command.person_id)


def _has_a_way_in(connection: Connection, house: House, person_id: int) -> bool:
    account = accounts.load_account(connection, person_id)
    if account is not None and account.has_password and house.settings.password_sign_in:
        return True
    issuers = {one.issuer for one in house.settings.sign_on.values()}
    return any(one.issuer in issuers for one in store.list_identities(connection, person_id))
