"""SQL of exposure; read by stories and the person's own page alone."""

from __future__ import annotations

from sqlalchemy import text

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.wellbeing.rules import Dose
from fairhand.storage.database import Connection

_WINDOW_MS = 70 * DAY_MS  # ten half-lives: what lies before adds less than a thousandth

# Not `FOR UPDATE`: that would hold up, and be held up by, every row that refers to the person.
_LOCK = text("SELECT id FROM person WHERE id = :person_id FOR NO KEY UPDATE")
_RECENT = text("SELECT at, dose FROM exposure WHERE person_id = :person_id AND at > :since")
_RESERVE = text(
    "INSERT INTO exposure (person_id, task_id, tier, dose, state, at) "
    "VALUES (:person_id, :task_id, :tier, :dose, 'reserved', :now) "
    "ON CONFLICT (person_id, task_id) DO UPDATE SET at = excluded.at, dose = excluded.dose"
)
_SEEN = text(
    "UPDATE exposure SET state = 'seen' WHERE person_id = :person_id AND task_id = :task_id"
)


def load_doses(connection: Connection, person_id: int, now: Instant) -> list[Dose]:
    """Load a person's recent doses, reserved ones among them, and keep other tabs out meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"person_id": person_id})
    found = connection.execute(_RECENT, {"person_id": person_id, "since": now - _WINDOW_MS})
    return [Dose(Instant(row.at), row.dose) for row in found]


def reserve(
    connection: Connection, person_id: int, task_id: int, tier: int, dose: int, now: Instant
) -> None:
    """Count a dose before its content is shown."""
    connection.execute(
        _RESERVE,
        {"person_id": person_id, "task_id": task_id, "tier": tier, "dose": dose, "now": now},
    )


def mark_seen(connection: Connection, person_id: int, task_id: int) -> None:
    """Turn a reserved dose into a seen one."""
    connection.execute(_SEEN, {"person_id": person_id, "task_id": task_id})
