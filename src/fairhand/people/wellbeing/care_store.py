"""SQL of the money laid aside for care."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, text, update

from fairhand.core.clock import Instant
from fairhand.people.wellbeing.care_rules import Fund
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.pay import entry
from fairhand.storage.tables.people import enrolment, exposure
from fairhand.storage.tables.wellbeing import aftercare

_DUE = text(
    "SELECT e.id, e.person_id, e.project_id, e.dose, e.at, p.currency, p.rate_micros_per_hour "
    "FROM exposure AS e JOIN task AS t ON t.id = e.task_id "
    "JOIN project AS p ON p.id = t.project_id "
    "JOIN person AS h ON h.id = e.person_id "
    "WHERE e.state = 'seen' AND e.dose > 0 AND e.at <= :before AND NOT h.is_simulated "
    "AND NOT EXISTS (SELECT 1 FROM aftercare AS a WHERE a.exposure_id = e.id) "
    "ORDER BY e.id LIMIT :limit"
)
_FUNDS = text(
    "SELECT a.project_id, p.title, a.currency, "
    "sum(CASE WHEN a.entry_id IS NULL THEN 0 ELSE a.micros END) AS usable, "
    "sum(CASE WHEN a.entry_id IS NULL THEN a.micros ELSE 0 END) AS coming "
    "FROM aftercare AS a JOIN project AS p ON p.id = a.project_id "
    "WHERE a.person_id = :person_id AND a.micros <> 0 GROUP BY a.project_id, p.title, a.currency "
    "ORDER BY a.project_id"
)
_WAITING = (
    select(
        aftercare.c.project_id,
        aftercare.c.currency,
        func.count(aftercare.c.person_id.distinct()).label("people"),
        func.min(aftercare.c.at).label("oldest"),
        func.max(aftercare.c.id).label("newest_id"),
        func.sum(aftercare.c.micros).label("micros"),
    )
    .where(aftercare.c.entry_id.is_(None))
    .group_by(aftercare.c.project_id, aftercare.c.currency)
    .order_by(aftercare.c.project_id, aftercare.c.currency)
)
_BOOKED = (
    update(aftercare)
    .where(
        aftercare.c.project_id == bindparam("p_project_id"),
        aftercare.c.currency == bindparam("p_currency"),
        aftercare.c.entry_id.is_(None),
        aftercare.c.id <= bindparam("p_newest_id"),
    )
    .values(entry_id=bindparam("p_entry_id"))
)


@dataclass(frozen=True, slots=True)
class Due:
    """An item that was seen, and what its project pays."""

    exposure_id: int
    person_id: int
    project_id: int
    dose: int
    at: Instant
    currency: str
    rate_micros_per_hour: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a project has to lay aside: a sum over people."""

    project_id: int
    currency: str
    people: int
    oldest: Instant
    newest_id: int
    micros: int


@dataclass(frozen=True, slots=True)
class Used:
    """Money that a person had paid out to them."""

    project_id: int
    micros: int
    currency: str
    at: Instant


def list_due(connection: Connection, before: Instant, limit: int) -> list[Due]:
    """List what was seen up to then and has nothing laid aside for it yet."""
    rows = connection.execute(_DUE, {"before": before, "limit": limit})
    return [Due(*row) for row in rows]


def lay_aside(connection: Connection, lines: Sequence[tuple[Due, int]], now: Instant) -> None:
    """Write what is laid aside for each item, nothing too, so that it is not looked at again."""
    rows = [
        {
            "person_id": due.person_id,
            "project_id": due.project_id,
            "exposure_id": due.exposure_id,
            "micros": micros,
            "currency": due.currency,
            "at": now,
        }
        for due, micros in lines
    ]
    if rows:
        connection.execute(insert(connection, aftercare).on_conflict_do_nothing(), rows)


def list_waiting(connection: Connection) -> list[Waiting]:
    """Sum by project what is not in the books yet."""
    rows = connection.execute(_WAITING)
    return [
        Waiting(
            row.project_id,
            row.currency,
            row.people,
            Instant(row.oldest),
            row.newest_id,
            int(row.micros),
        )
        for row in rows
    ]


def mark_booked(connection: Connection, waiting: Waiting, entry_id: int) -> None:
    """Say in which entry a sum went into the books."""
    found = {
        "p_project_id": waiting.project_id,
        "p_currency": waiting.currency,
        "p_newest_id": waiting.newest_id,
        "p_entry_id": entry_id,
    }
    connection.execute(_BOOKED, found)


def list_funds(connection: Connection, person_id: int) -> list[Fund]:
    """List what is laid aside for a person, by project."""
    rows = connection.execute(_FUNDS, {"person_id": person_id})
    return [
        Fund(row.project_id, row.title, row.currency, int(row.usable), int(row.coming))
        for row in rows
    ]


def list_used(connection: Connection, person_id: int) -> list[Used]:
    """List what a person had paid out, the newest first."""
    rows = connection.execute(
        select(aftercare.c.project_id, -aftercare.c.micros, aftercare.c.currency, aftercare.c.at)
        .where(aftercare.c.person_id == person_id, aftercare.c.micros < 0)
        .order_by(aftercare.c.id.desc())
    )
    return [Used(*row) for row in rows]


def use(
    connection: Connection,
    person_id: int,
    project_id: int,
    micros: int,
    currency: str,
    entry_id: int,
    now: Instant,
) -> None:
    """Write down that a person had money paid out."""
    connection.execute(
        aftercare.insert().values(
            person_id=person_id,
            project_id=project_id,
            micros=-micros,
            currency=currency,
            entry_id=entry_id,
            at=now,
        )
    )


def was_asked(connection: Connection, idem_key: str) -> bool:
    """Say whether an entry of this key is in the books."""
    found = select(entry.c.id).where(entry.c.idem_key == idem_key)
    return connection.execute(found).first() is not None


def last_seen(connection: Connection, person_id: int) -> Instant | None:
    """Say when a person was last shown something hard."""
    newest = select(func.max(exposure.c.at)).where(
        exposure.c.person_id == person_id, exposure.c.dose > 0
    )
    found = connection.execute(newest).scalar_one_or_none()
    return None if found is None else Instant(found)


def takes_part(connection: Connection, person_id: int) -> bool:
    """Say whether a person is in any project still."""
    found = select(enrolment.c.project_id).where(
        enrolment.c.person_id == person_id, enrolment.c.state != "left"
    )
    return connection.execute(found.limit(1)).first() is not None
