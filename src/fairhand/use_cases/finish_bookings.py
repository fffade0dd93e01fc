"""Booked hours are over: where no work was offered in them, their waiting is paid."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.money import micros_for
from fairhand.pay import store as pay
from fairhand.pay.ledger.store import Earning, post_earning
from fairhand.pay.policies import booking_store as store
from fairhand.pay.policies import store as policies
from fairhand.pay.policies.bookings import Booking, BookingState, unpaid_wait_ms
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


def finish_bookings(db: Database, now: Instant) -> int:
    """End what is over, one booking a transaction; return how many. Offers just lapse."""
    with db.read() as connection:
        over = store.list_over(connection, now)
    done = 0
    for booking_id in over:
        with db.write() as connection:
            found = store.lock_booking(connection, booking_id)
            if found is None or not found.is_open:
                continue
            owed = _pay_waiting(connection, found, now) if found.state == "accepted" else 0
            state: BookingState = "done" if found.state == "accepted" else "declined"
            store.set_state(connection, found.id, state, now)
            body = {
                "booking": found.id,
                "project": found.project_id,
                "person": found.person_id,
                "owed_micros": owed,
            }
            log.append(connection, f"booking.{state}", body, now, None, found.project_id)
        done += 1
    return done


def _pay_waiting(connection: Connection, booking: Booking, now: Instant) -> int:
    pay.flush_pending(connection, booking.person_id, now)
    waited_ms = unpaid_wait_ms(booking, store.load_presence(connection, booking))
    policy = policies.load_policy_at(connection, booking.project_id, booking.starts_at)
    if not waited_ms or policy is None:
        return 0
    owed = micros_for(policy.rate_micros_per_hour, waited_ms)
    earned = Earning(
        kind="accrual",
        idem_key=f"booking:{booking.id}:no_work",
        person_id=booking.person_id,
        project_id=booking.project_id,
        activity="wait",
        started_at=now,
        ended_at=now,
        paid_ms=0,
        rate_micros_per_hour=policy.rate_micros_per_hour,
        currency=policy.currency,
        amount_micros=owed,
        basis="block",
        quantity=waited_ms,
        unit_micros=policy.rate_micros_per_hour,
    )
    post_earning(connection, earned, now)
    return owed
