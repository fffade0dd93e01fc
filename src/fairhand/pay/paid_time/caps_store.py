"""The SQL of learned idle caps."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, column, select, table, update

from fairhand.core.clock import Instant
from fairhand.pay.paid_time.caps import Fit, Heard
from fairhand.storage.tables.pay import time_event
from fairhand.storage.tables.pay_office import idle_cap_fit

_project = table("project", column("id"), column("idle_cap_ms"))
_LATEST = (
    select(time_event.c.person_id, time_event.c.project_id, time_event.c.kind, time_event.c.at)
    .order_by(time_event.c.id.desc())
    .limit(bindparam("most"))
)
_SET_CAP = (
    update(_project)
    .where(_project.c.id == bindparam("p_project_id"))
    .values(idle_cap_ms=bindparam("p_cap_ms"))
)


def latest_heard(connection: Connection, most: int) -> list[Heard]:
    """Load the latest time events of everybody, oldest first."""
    rows = connection.execute(_LATEST, {"most": most}).all()
    return [Heard(*row) for row in reversed(rows)]


def caps_in_force(connection: Connection, projects: Iterable[int]) -> dict[int, int | None]:
    """Load the learned caps of projects; None where none was learned."""
    rows = connection.execute(
        select(_project.c.id, _project.c.idle_cap_ms).where(_project.c.id.in_(list(projects)))
    )
    return {row.id: row.idle_cap_ms for row in rows}


def save_cap(connection: Connection, project_id: int, fit: Fit, now: Instant) -> None:
    """Keep what was learned and put it in force."""
    connection.execute(
        idle_cap_fit.insert().values(
            project_id=project_id,
            cap_ms=fit.cap_ms,
            gaps=fit.gaps,
            median_ms=fit.median_ms,
            at=now,
        )
    )
    connection.execute(_SET_CAP, {"p_project_id": project_id, "p_cap_ms": fit.cap_ms})
