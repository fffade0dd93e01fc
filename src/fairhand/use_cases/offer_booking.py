"""A manager offers hours to a person; nothing holds before that person accepts."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.pay.policies import booking_store as store
from fairhand.pay.policies.bookings import Booking, check_booking
from fairhand.pay.policies.hours import pack_for
from fairhand.people.accounts import store as accounts
from fairhand.people.consent import store as consent
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class OfferBooking:
    """Who offers which hours of which project to whom."""

    manager_id: int
    project_id: int
    person_id: int
    starts_at: Instant
    ends_at: Instant


def offer_booking(db: Database, command: OfferBooking, now: Instant) -> Booking:
    """Offer hours; raises InvalidError where the person has hours then or does not take part."""
    with db.write() as connection:
        person = accounts.load_person(connection, command.person_id)
        if person is None or not consent.is_enrolled(
            connection, command.person_id, command.project_id
        ):
            raise NotFoundError("This person does not take part in the project.")
        store.lock_person(connection, person.id)
        others = store.open_of_person(connection, person.id, now)
        pack = pack_for(person.place_country, person.place_region)
        issues: list[Issue] = check_booking(command.starts_at, command.ends_at, others, pack, now)
        if issues:
            raise InvalidError(issues[0].message, issues=issues)
        made = store.add_booking(
            connection,
            person_id=person.id,
            project_id=command.project_id,
            starts_at=command.starts_at,
            ends_at=command.ends_at,
            made_by=command.manager_id,
            now=now,
        )
        body = {
            "booking": made.id,
            "project": made.project_id,
            "person": made.person_id,
            "starts_at": iso(made.starts_at),
            "ends_at": iso(made.ends_at),
        }
        log.append(connection, "booking.offered", body, now, command.manager_id, made.project_id)
    return made
