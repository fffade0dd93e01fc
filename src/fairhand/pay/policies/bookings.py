"""Rules of booked hours: what may be offered, what a late cancellation pays, what an empty block.

A booking is offered by a manager and accepted or declined by the person, who may also call it off
at any time, without a reason and without any effect. Only the manager's side can come to owe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from fairhand.core.errors import Issue
from fairhand.core.money import micros_for
from fairhand.pay.policies.extras import HoursPack

BookingState = Literal["offered", "accepted", "declined", "cancelled", "done"]

LATE_MS: Final = DAY_MS
"""Called off later than this before the start, part of the booked hours is paid."""
_SHORTEST_MS: Final = 15 * MINUTE_MS
_FARTHEST_MS: Final = 92 * DAY_MS


@dataclass(frozen=True, slots=True)
class Booking:
    """Hours promised to one person in one project."""

    id: int
    person_id: int
    project_id: int
    starts_at: Instant
    ends_at: Instant
    state: BookingState
    made_by: int
    made_at: Instant
    ended_by: int | None = None
    state_at: Instant | None = None

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.ends_at - self.starts_at

    @property
    def is_open(self) -> bool:
        """Say whether it still stands."""
        return self.state in ("offered", "accepted")


@dataclass(frozen=True, slots=True)
class Presence:
    """What happened in a booked block, as far as pay needs to know.

    `handed_to_them` and `handed_to_anybody` count tasks given out in the project in that time.
    """

    paid_ms: int
    came: bool
    handed_to_them: int
    handed_to_anybody: int


def check_booking(
    starts_at: Instant, ends_at: Instant, others: Sequence[Booking], pack: HoursPack, now: Instant
) -> list[Issue]:
    """List why hours cannot be offered; `others` are the person's open bookings."""
    issues = []
    if starts_at <= now:
        issues.append(Issue("starts_at", "Book hours that are still to come."))
    if starts_at > now + _FARTHEST_MS:
        issues.append(Issue("starts_at", "Book at most three months ahead."))
    length = ends_at - starts_at
    if not _SHORTEST_MS <= length <= pack.stop_day_ms:
        hours = pack.stop_day_ms / HOUR_MS
        issues.append(Issue("ends_at", f"Book a quarter of an hour to {hours:g} hours at a time."))
    if any(one.starts_at < ends_at and starts_at < one.ends_at for one in others if one.is_open):
        issues.append(Issue("starts_at", "This person has booked hours in that time already."))
    return issues


def owed_for_cancelling(
    booking: Booking, rate_micros_per_hour: int, cancel_permille: int, now: Instant
) -> int:
    """Micros owed when the manager calls off accepted hours; 0 with a day's warning or more."""
    if booking.state != "accepted" or booking.starts_at - now >= LATE_MS:
        return 0
    whole = micros_for(rate_micros_per_hour, booking.length_ms)
    return -(-whole * cancel_permille // 1000)


def unpaid_wait_ms(booking: Booking, presence: Presence) -> int:
    """Milliseconds of an accepted block that are owed because no work was offered in it.

    Owed to whoever came and was handed nothing, and to whoever did not come when nobody in the
    project was handed anything: then there was nothing to come for. What was paid is taken off.
    """
    if booking.state != "accepted" or presence.handed_to_them:
        return 0
    if not presence.came and presence.handed_to_anybody:
        return 0
    return max(0, booking.length_ms - presence.paid_ms)
