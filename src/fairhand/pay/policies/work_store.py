"""What people of a project earned and which floors they have: what a price is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, case, column, func, select, table

from fairhand.core.clock import Instant
from fairhand.storage.tables.pay import accrual
from fairhand.storage.tables.pay_office import floor_ratchet

_person = table("person", column("id"), column("place_country"), column("place_region"))
_enrolment = table("enrolment", column("person_id"), column("project_id"), column("state"))
_COUNTING: Final = ("time", "piece", "audio", "correction")
_BY_UNIT: Final = ("piece", "audio")


@dataclass(frozen=True, slots=True)
class PersonWork:
    """One person's time and earnings in a project; the unit's part of them beside the whole."""

    person_id: int
    country: str
    region: str
    paid_ms: int
    accrued_micros: int
    units: int
    unit_paid_ms: int
    unit_accrued_micros: int


def list_places(connection: Connection, project_id: int) -> list[tuple[str, str]]:
    """List the countries and regions of the people who take part in a project."""
    chosen = (
        select(_person.c.place_country, _person.c.place_region)
        .join_from(_enrolment, _person, _person.c.id == _enrolment.c.person_id)
        .where(_enrolment.c.project_id == project_id, _enrolment.c.state == "active")
        .distinct()
    )
    return sorted((country, region) for country, region in connection.execute(chosen))


def highest_ratchet(connection: Connection, project_id: int, currency: str) -> int:
    """Give the highest floor that anybody has had in a project, in minor units; 0: none kept."""
    chosen = select(func.max(floor_ratchet.c.minor_per_hour)).where(
        floor_ratchet.c.project_id == project_id, floor_ratchet.c.currency == currency
    )
    return int(connection.execute(chosen).scalar() or 0)


def list_ratchets(connection: Connection, project_id: int, currency: str) -> dict[int, int]:
    """Load the floors that people keep in a project, in minor units by person."""
    chosen = select(floor_ratchet.c.person_id, floor_ratchet.c.minor_per_hour).where(
        floor_ratchet.c.project_id == project_id, floor_ratchet.c.currency == currency
    )
    return {person_id: int(minor) for person_id, minor in connection.execute(chosen)}


def list_work_since(
    connection: Connection, project_id: int, currency: str, since: Instant
) -> list[PersonWork]:
    """Sum what people did and earned in a project since a moment, top-up and extras left out."""
    by_unit = accrual.c.basis.in_(_BY_UNIT)
    chosen = (
        select(
            _person.c.id,
            _person.c.place_country,
            _person.c.place_region,
            func.sum(accrual.c.paid_ms),
            func.sum(accrual.c.amount_micros),
            func.sum(case((by_unit, accrual.c.quantity), else_=0)),
            func.sum(case((by_unit, accrual.c.paid_ms), else_=0)),
            func.sum(case((by_unit, accrual.c.amount_micros), else_=0)),
        )
        .join_from(accrual, _person, _person.c.id == accrual.c.person_id)
        .where(
            accrual.c.project_id == project_id,
            accrual.c.currency == currency,
            accrual.c.started_at >= since,
            accrual.c.paid_ms > 0,
            accrual.c.basis.in_(_COUNTING),
        )
        .group_by(_person.c.id, _person.c.place_country, _person.c.place_region)
        .order_by(_person.c.id)
    )
    return [
        PersonWork(who, country, region, *(int(number) for number in numbers))
        for who, country, region, *numbers in connection.execute(chosen)
    ]
