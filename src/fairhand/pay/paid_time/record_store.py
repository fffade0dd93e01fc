"""The SQL of a person's own time record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, bindparam, column, select, table

from fairhand.core.clock import Instant
from fairhand.pay.paid_time.record import Row
from fairhand.pay.paid_time.rules import TimeEvent
from fairhand.storage.tables.pay import person_clock, time_event

MOST_EVENTS: Final = 100_000
"""How far back one look goes; more than two weeks of the busiest person."""

_project = table("project", column("id"), column("title"))
_EVENTS = (
    select(
        time_event.c.id,
        time_event.c.project_id,
        time_event.c.kind,
        time_event.c.at,
        time_event.c.idle_cap_ms,
        time_event.c.worked_ms,
        time_event.c.activity,
    )
    .where(time_event.c.person_id == bindparam("person_id"), time_event.c.at >= bindparam("since"))
    .order_by(time_event.c.id.desc())
    .limit(MOST_EVENTS)
)
_EVENT_AT = select(time_event.c.at, time_event.c.project_id).where(
    time_event.c.id == bindparam("id"), time_event.c.person_id == bindparam("person_id")
)
_PLACE = (
    select(person_clock.c.project_id, person_clock.c.activity, person_clock.c.running)
    .where(person_clock.c.person_id == bindparam("person_id"))
    .with_for_update()
)


def load_events(connection: Connection, person_id: int, since: Instant) -> list[Row]:
    """Load a person's time events at or after an instant, in the order they were heard."""
    found = connection.execute(_EVENTS, {"person_id": person_id, "since": since}).all()
    return [Row(row[0], TimeEvent(*row[1:])) for row in reversed(found)]


def event_at(connection: Connection, person_id: int, event_id: int) -> Instant | None:
    """Say when one of a person's own events was heard; None when it is not theirs."""
    row = connection.execute(_EVENT_AT, {"id": event_id, "person_id": person_id}).first()
    return None if row is None else Instant(row.at)


def lock_clock(connection: Connection, person_id: int) -> tuple[int, str, bool] | None:
    """Hold a person's clock until the transaction ends; give project, activity, whether it runs."""
    row = connection.execute(_PLACE, {"person_id": person_id}).first()
    return None if row is None else (row.project_id, row.activity, row.running)


def clock_place(connection: Connection, person_id: int) -> tuple[int, str, bool] | None:
    """Say in which project and activity a person's clock is, and whether it runs."""
    plain = select(person_clock.c.project_id, person_clock.c.activity, person_clock.c.running)
    row = connection.execute(plain.where(person_clock.c.person_id == person_id)).first()
    return None if row is None else (row.project_id, row.activity, row.running)


def rest_until(connection: Connection, person_id: int) -> Instant | None:
    """Say until when a person rests; None when no rest was ever set."""
    chosen = select(person_clock.c.rest_until).where(person_clock.c.person_id == person_id)
    return connection.execute(chosen).scalar()


def project_titles(connection: Connection, projects: Iterable[int]) -> dict[int, str]:
    """Load the titles of projects."""
    chosen = select(_project.c.id, _project.c.title).where(_project.c.id.in_(list(projects)))
    return {row.id: row.title for row in connection.execute(chosen)}
