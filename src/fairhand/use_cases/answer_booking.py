"""A person answers an offer of hours, or calls hours off: freely, and never to their harm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.pay.policies import booking_store as store
from fairhand.pay.policies.bookings import Booking, BookingState
from fairhand.proof.log import store as log
from fairhand.storage.database import Database

Answer = Literal["accept", "decline", "cancel"]
_BECOMES: dict[Answer, BookingState] = {
    "accept": "accepted",
    "decline": "declined",
    "cancel": "cancelled",
}
_FROM: dict[Answer, tuple[BookingState, ...]] = {
    "accept": ("offered",),
    "decline": ("offered",),
    "cancel": ("accepted", "offered"),
}


@dataclass(frozen=True, slots=True)
class AnswerBooking:
    """What a person says to their own booking."""

    person_id: int
    booking_id: int
    answer: Answer


def known_answer(text: str) -> Answer:
    """Read an answer; raises InvalidError for any other word."""
    for answer in _BECOMES:
        if text == answer:
            return answer
    message = "Answer with accept, decline or cancel."
    raise InvalidError(message, issues=[Issue("answer", message)])


def answer_booking(db: Database, command: AnswerBooking, now: Instant) -> Booking:
    """Accept, decline or call off; the same answer again changes nothing.

    Raises NotFoundError for another person's booking, ConflictError when it is past answering.
    """
    becomes = _BECOMES[command.answer]
    with db.write() as connection:
        found = store.lock_booking(connection, command.booking_id)
        if found is None or found.person_id != command.person_id:
            raise NotFoundError(f"You have no booking {command.booking_id}.")
        if found.state == becomes:
            return found
        if found.state not in _FROM[command.answer] or found.ends_at <= now:
            raise ConflictError(
                f"These hours are {found.state}, so that cannot be said to them any more.",
                code="booking_past",
            )
        store.set_state(connection, found.id, becomes, now, command.person_id)
        body = {"booking": found.id, "project": found.project_id, "person": found.person_id}
        log.append(connection, f"booking.{becomes}", body, now, command.person_id, found.project_id)
    return replace(found, state=becomes, ended_by=command.person_id, state_at=now)
