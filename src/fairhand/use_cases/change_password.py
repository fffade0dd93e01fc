"""A person chooses a new password; who has one must know it."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.core.words import later as _
from fairhand.people.accounts import store
from fairhand.people.accounts.rules import check_password
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """The password that holds, if there is one, and the one that shall."""

    person_id: int
    current: str
    new: str
    end_tokens: bool = False
    session: str = ""  # the secret of the session that it is changed in, which goes on


def change_password(db: Database, command: ChangePassword, now: Instant) -> None:
    """Store a new password and end all other sessions, every unused link, and tokens if wished.

    Raises InvalidError when the present one does not fit.
    """
    issues = [Issue("new_password", issue.message) for issue in check_password(command.new)]
    with db.read() as connection:
        person = store.load_person(connection, command.person_id)
        known = store.load_password_hash(connection, person.email or "") if person else None
    if person is None:
        raise NotFoundError(f"There is no person {command.person_id}.")
    if not person.email:
        wrong = _("Give an e-mail address first: one signs in with it.")
        issues.append(Issue("new_password", wrong))
    fits = known is None or store.password_fits(known[1], command.current)
    if not fits:
        issues.append(Issue("current_password", _("This is not your present password.")))
    if issues:
        code = None if fits else "wrong_password"
        raise InvalidError(_("The password was not changed."), code=code, issues=issues)
    with db.write() as connection:
        store.set_password(connection, command.person_id, command.new)
        store.delete_sessions(connection, command.person_id, but=command.session)
        store.end_links(connection, command.person_id, now)
        if command.end_tokens:
            store.end_tokens(connection, command.person_id, now)
        body = {"person": command.person_id}
        log.append(connection, "person.password_set", body, now, command.person_id)
