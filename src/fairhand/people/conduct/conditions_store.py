"""What conditions are worked out from: paid time, pay and answers by person, project and month."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.people.conduct.conditions import MONTH_MS
from fairhand.storage.database import Connection

_WORK = text(
    f"SELECT a.person_id, a.project_id, a.ended_at / {MONTH_MS} AS month, a.currency, "
    "p.place_country, p.place_region, SUM(a.paid_ms), SUM(a.amount_micros) FROM accrual AS a "
    "JOIN person AS p ON p.id = a.person_id WHERE a.ended_at >= :since AND NOT p.is_simulated "
    "AND a.basis IN ('time', 'piece', 'audio', 'top_up') "
    "GROUP BY a.person_id, a.project_id, month, a.currency, p.place_country, p.place_region"
)
_ANSWERS = text(
    f"SELECT person_id, project_id, submitted_at / {MONTH_MS} AS month, "
    "SUM(CASE WHEN revision = 1 THEN 1 ELSE 0 END), SUM(CASE WHEN revision > 1 THEN 1 ELSE 0 END) "
    "FROM annotation WHERE submitted_at >= :since AND NOT simulated "
    "GROUP BY person_id, project_id, month"
)
_WITH_GOLD = text("SELECT DISTINCT project_id FROM gold_answer ORDER BY project_id")
_PREMIUMS = text(
    "SELECT a.currency, COUNT(DISTINCT a.person_id), SUM(a.amount_micros) FROM accrual AS a "
    "WHERE a.ended_at >= :since AND a.basis = 'premium' GROUP BY a.currency ORDER BY a.currency"
)


@dataclass(frozen=True, slots=True)
class Worked:
    """Paid time and pay of one person, project, month and currency, and where they live."""

    person_id: int
    project_id: int
    month: int
    currency: str
    country: str
    region: str
    paid_ms: int
    micros: int


def list_worked(connection: Connection, since: Instant) -> list[Worked]:
    """List what people were paid for work, month by month."""
    return [
        Worked(row[0], row[1], int(row[2]), row[3], row[4], row[5], int(row[6]), int(row[7]))
        for row in connection.execute(_WORK, {"since": since})
    ]


def count_answers(
    connection: Connection, since: Instant
) -> dict[tuple[int, int, int], tuple[int, int]]:
    """Count first answers and later versions by person, project and month."""
    rows = connection.execute(_ANSWERS, {"since": since})
    return {(row[0], row[1], int(row[2])): (int(row[3]), int(row[4])) for row in rows}


def list_projects_with_gold(connection: Connection) -> list[int]:
    """List the projects that have gold tasks."""
    return list(connection.execute(_WITH_GOLD).scalars())


def sum_premiums(connection: Connection, since: Instant) -> list[tuple[str, int, int]]:
    """Sum premiums by currency: (currency, people, micros)."""
    rows = connection.execute(_PREMIUMS, {"since": since})
    return [(row[0], int(row[1]), int(row[2])) for row in rows]
