"""Booked hours in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, case, column, func, insert, select, table, update

from fairhand.core.clock import Instant
from fairhand.pay.policies.bookings import Booking, BookingState, Presence
from fairhand.storage.tables.pay import accrual, time_event
from fairhand.storage.tables.pay_office import booking

_person = table("person", column("id"), column("display_name"), column("is_simulated"))
_project = table("project", column("id"), column("title"), column("currency"))
_lease = table("lease", column("project_id"), column("person_id"), column("served_at"))
_COLUMNS: Final = (
    booking.c.id,
    booking.c.person_id,
    booking.c.project_id,
    booking.c.starts_at,
    booking.c.ends_at,
    booking.c.state,
    booking.c.made_by,
    booking.c.made_at,
    booking.c.ended_by,
    booking.c.state_at,
)
_OPEN: Final = ("offered", "accepted")


@dataclass(frozen=True, slots=True)
class NamedBooking:
    """A booking with the names that a page shows."""

    booking: Booking
    person: str
    project: str
    is_simulated: bool


def add_booking(
    connection: Connection,
    *,
    person_id: int,
    project_id: int,
    starts_at: Instant,
    ends_at: Instant,
    made_by: int,
    now: Instant,
) -> Booking:
    """Offer hours."""
    added = connection.execute(
        insert(booking).returning(*_COLUMNS),
        {
            "person_id": person_id,
            "project_id": project_id,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "state": "offered",
            "made_by": made_by,
            "made_at": now,
            "state_at": now,
        },
    ).one()
    return _booking(added)


def lock_booking(connection: Connection, booking_id: int) -> Booking | None:
    """Load a booking and keep others from changing it until commit."""
    chosen = select(*_COLUMNS).where(booking.c.id == booking_id).with_for_update()
    row = connection.execute(chosen).first()
    return None if row is None else _booking(row)


def lock_person(connection: Connection, person_id: int) -> None:
    """Let one booking of a person be made or accepted at a time."""
    connection.execute(select(_person.c.id).where(_person.c.id == person_id).with_for_update())


def set_state(
    connection: Connection,
    booking_id: int,
    state: BookingState,
    now: Instant,
    ended_by: int | None = None,
) -> None:
    """Move a booking on."""
    connection.execute(
        update(booking)
        .where(booking.c.id == booking_id)
        .values(state=state, state_at=now, ended_by=ended_by)
    )


def open_of_person(connection: Connection, person_id: int, now: Instant) -> list[Booking]:
    """List a person's offered and accepted hours that are not over."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(
            booking.c.person_id == person_id, booking.c.state.in_(_OPEN), booking.c.ends_at > now
        )
        .order_by(booking.c.starts_at, booking.c.id)
    )
    return [_booking(row) for row in rows]


def list_over(connection: Connection, now: Instant) -> list[int]:
    """List bookings whose time is over and that still stand."""
    chosen = select(booking.c.id).where(booking.c.state.in_(_OPEN), booking.c.ends_at <= now)
    return list(connection.execute(chosen.order_by(booking.c.id)).scalars())


def list_bookings(
    connection: Connection,
    *,
    project_id: int | None = None,
    person_id: int | None = None,
    most: int = 100,
) -> list[NamedBooking]:
    """List bookings of a project or a person: what is open first, then the newest."""
    chosen = (
        select(*_COLUMNS, _person.c.display_name, _project.c.title, _person.c.is_simulated)
        .join_from(booking, _person, _person.c.id == booking.c.person_id)
        .join(_project, _project.c.id == booking.c.project_id)
        .order_by(
            case((booking.c.state.in_(_OPEN), 0), else_=1),
            booking.c.starts_at.desc(),
            booking.c.id.desc(),
        )
        .limit(most)
    )
    if project_id is not None:
        chosen = chosen.where(booking.c.project_id == project_id)
    if person_id is not None:
        chosen = chosen.where(booking.c.person_id == person_id)
    return [
        NamedBooking(_booking(row), row.display_name, row.title, bool(row.is_simulated))
        for row in connection.execute(chosen)
    ]


def load_presence(connection: Connection, one: Booking) -> Presence:
    """Find out what happened in a booked block."""
    inside = (_lease.c.served_at >= one.starts_at, _lease.c.served_at < one.ends_at)
    served = connection.execute(
        select(
            func.count(), func.sum(case((_lease.c.person_id == one.person_id, 1), else_=0))
        ).where(_lease.c.project_id == one.project_id, *inside)
    ).one()
    stretches = connection.execute(
        select(accrual.c.started_at, accrual.c.ended_at, accrual.c.paid_ms).where(
            accrual.c.person_id == one.person_id,
            accrual.c.project_id == one.project_id,
            accrual.c.ended_at > one.starts_at,
            accrual.c.started_at < one.ends_at,
        )
    )
    paid_ms = sum(
        min(row.paid_ms, min(row.ended_at, one.ends_at) - max(row.started_at, one.starts_at))
        for row in stretches
    )
    came = connection.execute(
        select(time_event.c.id)
        .where(
            time_event.c.person_id == one.person_id,
            time_event.c.project_id == one.project_id,
            time_event.c.at >= one.starts_at,
            time_event.c.at < one.ends_at,
        )
        .limit(1)
    ).first()
    return Presence(paid_ms, came is not None, int(served[1] or 0), int(served[0]))


def _booking(row: Any) -> Booking:  # noqa: ANN401  # a result row
    return Booking(*row[:10])
