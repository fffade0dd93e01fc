"""What the council sees of everybody's work: sums over ten people and more, never one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.council.rules import SMALLEST_GROUP
from fairhand.storage.tables.conduct import appeal, incident
from fairhand.storage.tables.pay import accrual

WEEK_MS: Final = 7 * DAY_MS
WEEKS: Final = 8


@dataclass(frozen=True, slots=True)
class Week:
    """A week of everybody's paid work; None where fewer than ten people stand behind it."""

    begins: Instant
    people: int | None
    paid_ms: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the council is told."""

    weeks: tuple[Week, ...]
    appeals: dict[str, int]  # by state; counts of cases, which name nobody
    incidents: tuple[tuple[str, str], ...]  # kind and sentence, those meant for the council


def load_figures(connection: Connection, now: Instant) -> Figures:
    """Load the last eight weeks, how appeals went, and what monitors told the council."""
    weeks = tuple(_week(connection, Instant(now - n * WEEK_MS)) for n in range(WEEKS, 0, -1))
    states = select(appeal.c.state, func.count()).group_by(appeal.c.state)
    told = (
        select(incident.c.kind, incident.c.sentence)
        .where(incident.c.audience == "council", incident.c.state == "open")
        .order_by(incident.c.id.desc())
        .limit(20)
    )
    return Figures(
        weeks,
        {row[0]: row[1] for row in connection.execute(states)},
        tuple((row[0], row[1]) for row in connection.execute(told)),
    )


def _week(connection: Connection, begins: Instant) -> Week:
    chosen = select(
        func.count(func.distinct(accrual.c.person_id)),
        func.sum(accrual.c.paid_ms),
    ).where(accrual.c.ended_at >= begins, accrual.c.ended_at < begins + WEEK_MS)
    people, paid_ms = connection.execute(chosen).one()
    if people < SMALLEST_GROUP:
        return Week(begins, None, None)
    return Week(begins, int(people), int(paid_ms or 0))
