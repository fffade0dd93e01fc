"""SQL of time at a limit. The rows are the person's own; what leaves here is pay, like any other.

A row without `ended_at` still has to be settled: its money is worked out when `ends_at` is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import and_, bindparam, func, insert, select, update

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection
from fairhand.storage.tables.wellbeing import shelter

Kind = Literal["safe_work", "stand_down", "recovery"]

_COLUMNS = (
    shelter.c.id,
    shelter.c.person_id,
    shelter.c.project_id,
    shelter.c.kind,
    shelter.c.rate_micros_per_hour,
    shelter.c.currency,
    shelter.c.started_at,
    shelter.c.ends_at,
)
_OPEN = (
    select(*_COLUMNS)
    .where(
        shelter.c.person_id == bindparam("p_person_id"),
        shelter.c.project_id == bindparam("p_project_id"),
        shelter.c.started_at > bindparam("p_since"),
        shelter.c.ends_at > bindparam("p_now"),
    )
    .order_by(shelter.c.id.desc())
    .limit(1)
)
_END = (
    update(shelter)
    .where(
        shelter.c.person_id == bindparam("p_person_id"),
        shelter.c.started_at > bindparam("p_since"),
        shelter.c.ends_at > bindparam("p_now"),
        shelter.c.kind != "recovery",
    )
    .values(ends_at=bindparam("p_now"))
)
_STOOD_DOWN = select(func.coalesce(func.sum(shelter.c.ends_at - shelter.c.started_at), 0)).where(
    and_(
        shelter.c.person_id == bindparam("p_person_id"),
        shelter.c.kind == "stand_down",
        shelter.c.started_at > bindparam("p_since"),
    )
)
_DUE = (
    select(shelter.c.id)
    .where(shelter.c.ended_at.is_(None), shelter.c.ends_at <= bindparam("p_now"))
    .order_by(shelter.c.id)
)
_LOCKED = (
    select(*_COLUMNS)
    .where(shelter.c.id == bindparam("p_id"), shelter.c.ended_at.is_(None))
    .with_for_update()
)
_SETTLED = (
    update(shelter).where(shelter.c.id == bindparam("p_id")).values(ended_at=bindparam("p_now"))
)
_RECOVERS = select(shelter.c.id).where(
    shelter.c.person_id == bindparam("p_person_id"),
    shelter.c.kind == "recovery",
    shelter.c.ends_at == bindparam("p_ends_at"),
)
_SUM_OF_ALL = select(
    func.count(shelter.c.person_id.distinct()),
    func.coalesce(func.sum(shelter.c.ends_at - shelter.c.started_at), 0),
).where(
    shelter.c.kind.in_(("stand_down", "recovery")),
    shelter.c.ended_at.is_not(None),
    shelter.c.ends_at.between(bindparam("p_since"), bindparam("p_until")),
)


@dataclass(frozen=True, slots=True)
class Shelter:
    """One stretch at a limit: where it was met, of which kind, and what is paid meanwhile."""

    id: int
    person_id: int
    project_id: int
    kind: Kind
    rate_micros_per_hour: int
    currency: str
    started_at: Instant
    ends_at: Instant


@dataclass(frozen=True, slots=True)
class NewShelter:
    """What is known when a limit is met."""

    person_id: int
    project_id: int
    kind: Kind
    safe_project_id: int | None
    rate_micros_per_hour: int
    currency: str
    started_at: Instant
    ends_at: Instant


def open_shelter(connection: Connection, new: NewShelter) -> None:
    """Begin a stretch at a limit."""
    values = {name: getattr(new, name) for name in NewShelter.__slots__}
    connection.execute(insert(shelter), values)


def find_open(
    connection: Connection, person_id: int, project_id: int, since: Instant, now: Instant
) -> Shelter | None:
    """Find the stretch that a person is in, if any; looks at those begun after `since`."""
    found = {
        "p_person_id": person_id,
        "p_project_id": project_id,
        "p_since": since,
        "p_now": now,
    }
    row = connection.execute(_OPEN, found).one_or_none()
    return None if row is None else Shelter(*row)


def end_open(connection: Connection, person_id: int, since: Instant, now: Instant) -> None:
    """End a person's stretch: hard work goes on. A day of recovery stays a whole day."""
    connection.execute(_END, {"p_person_id": person_id, "p_since": since, "p_now": now})


def stood_down_ms(connection: Connection, person_id: int, since: Instant) -> int:
    """Say how long a person has stood down in stretches begun after `since`."""
    found = {"p_person_id": person_id, "p_since": since}
    return int(connection.execute(_STOOD_DOWN, found).scalar_one())


def has_recovery(connection: Connection, person_id: int, ends_at: Instant) -> bool:
    """Say whether a day of recovery that ends then is written down."""
    found = {"p_person_id": person_id, "p_ends_at": ends_at}
    return connection.execute(_RECOVERS, found).first() is not None


def list_due(connection: Connection, now: Instant) -> list[int]:
    """List stretches that are over and not settled."""
    return list(connection.execute(_DUE, {"p_now": now}).scalars())


def lock_due(connection: Connection, shelter_id: int) -> Shelter | None:
    """Load one that is not settled and keep others from settling it; None when it is."""
    row = connection.execute(_LOCKED, {"p_id": shelter_id}).one_or_none()
    return None if row is None else Shelter(*row)


def settle(connection: Connection, shelter_id: int, now: Instant) -> None:
    """Say that nothing more is owed for a stretch."""
    connection.execute(_SETTLED, {"p_id": shelter_id, "p_now": now})


def sum_of_all(connection: Connection, since: Instant, until: Instant) -> tuple[int, int]:
    """Say how many people were paid to stand down or recover in a time, and how long in all."""
    found = {"p_since": since, "p_until": until}
    people, paid_ms = connection.execute(_SUM_OF_ALL, found).one()
    return int(people), int(paid_ms)
