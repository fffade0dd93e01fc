"""A person takes the break that was offered after much hard content. Nothing makes them."""

from __future__ import annotations

from fairhand.core.clock import DAY_MS, Instant
from fairhand.pay.paid_time import record_store
from fairhand.pay.paid_time.record import record_of
from fairhand.people.wellbeing import own_store
from fairhand.people.wellbeing.own_rules import BreakOffer, break_offer
from fairhand.people.wellbeing.policy_store import load_terms
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.note_time import Noted, NoteTime, note_time


def begin_care_break(db: Database, person_id: int, now: Instant, *, idle_cap_ms: int) -> Noted:
    """Begin a break; when one is due, at least the policy's minutes of it are paid.

    It is written down as every other break is: nobody can tell it from one. Raises ConflictError
    before any work.
    """
    with db.read() as connection:
        offer = offer_of(connection, person_id, now)
    least = offer.paid_ms if offer.is_due else 0
    command = NoteTime(person_id, "break", least_ms=least)
    return note_time(db, command, now, idle_cap_ms=idle_cap_ms)


def offer_of(connection: Connection, person_id: int, now: Instant) -> BreakOffer:
    """Say whether a break is due; never while somebody is in one."""
    terms = load_terms(connection, now)
    moments = own_store.list_moments(connection, person_id, now)
    if not moments:
        return BreakOffer()
    place = record_store.clock_place(connection, person_id)
    if place is not None and place[1] == "break":
        return BreakOffer()
    rows = record_store.load_events(connection, person_id, Instant(now - DAY_MS))
    breaks = [one.ended_at for one in record_of(rows).stretches if one.activity == "break"]
    return break_offer(
        moments,
        max(breaks, default=Instant(0)),
        now,
        after_ms=terms.break_after_ms,
        rest_ms=terms.break_ms,
    )
