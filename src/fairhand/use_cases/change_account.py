"""A person changes what their account says of them."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.words import INTERFACE, language_of
from fairhand.core.words import later as _
from fairhand.pay.floors.rules import has_time_zone
from fairhand.people.accounts import store
from fairhand.people.accounts.rules import check_person, check_place
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.put_letters import Outbox

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """The whole of what one may say of oneself; hours are minutes after midnight UTC.

    Hours are when one wants to be asked; both None: at any time. The language stays as it is when
    none is given.
    """

    person_id: int
    display_name: str
    email: str | None
    country: str
    region: str
    hours_from: int | None = None
    hours_to: int | None = None
    language: str | None = None
    password: str = ""


def change_account(
    db: Database, command: ChangeAccount, now: Instant, *, outbox: Outbox | None = None
) -> None:
    """Write an account's new words; the wage floor of the new place holds from now on.

    A password can be set anew by whoever reads the mail of its address. So the address is changed
    only by who knows the password there is, links that went to the old one end, and the old one is
    told where there is an outbox.

    Raises InvalidError with every problem at once, ConflictError for an address that is taken.
    """
    issues = check_person(command.email, command.display_name, command.country)
    issues += check_place(command.country, command.region)
    if command.country and not issues and not has_time_zone(command.country):
        issues.append(Issue("country", f"{command.country} is not a country's code."))
    issues += _check_hours(command.hours_from, command.hours_to)
    if command.language is not None and command.language not in INTERFACE:
        issues.append(Issue("language", _("Choose one of the languages.")))
    if issues:
        raise InvalidError(_("Your account was not changed."), issues=issues)
    _check_password(db, command)
    with db.write() as connection:
        before = store.load_person(connection, command.person_id)
        if before is None:
            raise NotFoundError(f"There is no person {command.person_id}.")
        taken = store.find_person(connection, command.email) if command.email else None
        if taken is not None and taken.id != command.person_id:
            raise ConflictError(_("Another account has this e-mail address."), code="email_taken")
        store.change_person(
            connection,
            command.person_id,
            email=command.email,
            display_name=command.display_name.strip(),
            country=command.country,
            region=command.region,
            hours_from=command.hours_from,
            hours_to=command.hours_to,
            locale=_locale(before.locale, command.language),
        )
        moved = (before.place_country, before.place_region) != (command.country, command.region)
        # Whoever types an address has not shown that it is theirs: single sign-on looks here.
        typed = (before.email or "") != (command.email or "").lower()
        body = {"person": command.person_id, "place_changed": moved, "address_changed": typed}
        event = log.append(connection, "person.changed", body, now, command.person_id)
        if typed:
            store.end_links(connection, command.person_id, now)
        if typed and before.email and outbox is not None:
            to = (command.person_id, before.email, before.locale)
            outbox.put_former(connection, "identity", to, event.id, now)


def _check_password(db: Database, command: ChangeAccount) -> None:
    with db.read() as connection:
        before = store.load_person(connection, command.person_id)
        email = before.email or "" if before else ""
        known = store.load_password_hash(connection, email)
    if known is None or email == (command.email or "").lower():
        return
    if not store.password_fits(known[1], command.password):
        message = _("This is not your present password.")
        issue = Issue("known_password", message)
        raise InvalidError(message, code="wrong_password", issues=[issue])


def _locale(before: str, language: str | None) -> str | None:
    """Keep `sw-KE` where Swahili is chosen: only another language is written."""
    return None if language in (None, language_of(before, INTERFACE)) else language


def _check_hours(start: int | None, end: int | None) -> list[Issue]:
    if start is None and end is None:
        return []
    if start is None or end is None:
        return [Issue("hours_from", _("Give both ends, or neither."))]
    if not (0 <= start < DAY_MINUTES and 0 <= end < DAY_MINUTES) or start == end:
        return [Issue("hours_from", _("Give two different times of the day."))]
    return []
