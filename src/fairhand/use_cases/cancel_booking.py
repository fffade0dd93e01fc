"""A manager calls hours off; late, part of them is paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.money import MICROS, Money
from fairhand.pay.ledger.store import Earning, post_earning
from fairhand.pay.policies import booking_store as store
from fairhand.pay.policies import store as policies
from fairhand.pay.policies.bookings import Booking, owed_for_cancelling
from fairhand.pay.policies.rules import Policy
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class CancelBooking:
    """Which hours a manager calls off; `project_id` is where they may."""

    manager_id: int
    project_id: int
    booking_id: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What the person is paid for hours that were called off late."""

    booking_id: int
    paid: Money
    again: bool


def cancel_booking(db: Database, command: CancelBooking, now: Instant) -> Cancelled:
    """Call hours off and pay what that owes; twice changes nothing.

    Less than 24 hours before accepted hours begin, `cancel_permille` of them is paid at the
    guarantee: the better one of when they were offered and of now.
    """
    with db.write() as connection:
        found = store.lock_booking(connection, command.booking_id)
        if found is None or found.project_id != command.project_id:
            raise NotFoundError(f"This project has no booking {command.booking_id}.")
        terms = _terms(connection, found, now)
        if found.state == "cancelled":
            return Cancelled(found.id, Money(0, terms.currency), again=True)
        if not found.is_open or found.ends_at <= now:
            raise ConflictError(
                f"These hours are {found.state} and past being called off.", code="booking_past"
            )
        owed = owed_for_cancelling(found, terms.rate_micros_per_hour, terms.cancel_permille, now)
        store.set_state(connection, found.id, "cancelled", now, command.manager_id)
        if owed:
            earned = _earning(found, terms, owed, now)
            post_earning(connection, earned, now)
        body: dict[str, Any] = {
            "booking": found.id,
            "project": found.project_id,
            "person": found.person_id,
            "owed_micros": owed,
            "currency": terms.currency,
        }
        log.append(
            connection, "booking.called_off", body, now, command.manager_id, found.project_id
        )
    return Cancelled(found.id, Money(owed // MICROS, terms.currency), again=False)


def _terms(connection: Connection, booking: Booking, now: Instant) -> Policy:
    """Give the terms that are better for the person: those of the offer, or those of now."""
    known = [
        policy
        for at in (booking.made_at, now)
        if (policy := policies.load_policy_at(connection, booking.project_id, at)) is not None
    ]
    return max(known, key=lambda one: one.rate_micros_per_hour * one.cancel_permille)


def _earning(booking: Booking, terms: Policy, owed: int, now: Instant) -> Earning:
    return Earning(
        kind="accrual",
        idem_key=f"booking:{booking.id}:called_off",
        person_id=booking.person_id,
        project_id=booking.project_id,
        activity="wait",
        started_at=now,
        ended_at=now,
        paid_ms=0,
        rate_micros_per_hour=terms.rate_micros_per_hour,
        currency=terms.currency,
        amount_micros=owed,
        basis="cancellation",
        quantity=booking.length_ms,
        unit_micros=-(-terms.rate_micros_per_hour * terms.cancel_permille // 1000),
    )
