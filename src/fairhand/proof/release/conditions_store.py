"""What the conditions of a project's work are summed up from: by person, and nobody's name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from fairhand.storage.database import Connection

_PLACES = text(
    "SELECT p.id, p.place_country, p.locale, p.is_simulated FROM person AS p WHERE p.id IN "
    "(SELECT person_id FROM enrolment WHERE project_id = :project_id UNION "
    "SELECT person_id FROM accrual WHERE project_id = :project_id) ORDER BY p.id"
)
_HOURS = text(
    "SELECT person_id, activity, SUM(paid_ms) FROM accrual WHERE project_id = :project_id "
    "AND activity <> 'top_up' GROUP BY person_id, activity ORDER BY person_id, activity"
)
_SKIPS = text(
    "SELECT person_id, COUNT(*) FROM skip WHERE project_id = :project_id "
    "GROUP BY person_id ORDER BY person_id"
)
_EXPOSURE = text(
    "SELECT person_id, COALESCE(own_tier, tier) AS hard, SUM(COALESCE(visible_ms, 0)), COUNT(*) "
    "FROM exposure WHERE project_id = :project_id AND state = 'seen' "
    "AND COALESCE(own_tier, tier) > 0 GROUP BY person_id, hard ORDER BY person_id, hard"
)
_GRANTED = text(
    "SELECT DISTINCT person_id FROM consent_grant WHERE project_id = :project_id "
    "AND withdrawn_at IS NULL ORDER BY person_id"
)
_DECISIONS = text(
    "SELECT person_id, COUNT(*) FROM decision WHERE project_id = :project_id "
    "GROUP BY person_id ORDER BY person_id"
)
_APPEALS = text(
    "SELECT person_id, state, COUNT(*) FROM appeal WHERE project_id = :project_id "
    "GROUP BY person_id, state ORDER BY person_id, state"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person lives and which language they read."""

    country: str
    language: str
    is_simulated: bool


def load_places(connection: Connection, project_id: int) -> dict[int, Place]:
    """Load where everybody lives who took part or was paid."""
    rows = connection.execute(_PLACES, {"project_id": project_id})
    return {
        row[0]: Place(row[1], str(row[2]).replace("_", "-").split("-")[0], bool(row[3]))
        for row in rows
    }


def load_hours(connection: Connection, project_id: int) -> list[tuple[int, str, int]]:
    """Load paid milliseconds by person and by what they were for."""
    rows = connection.execute(_HOURS, {"project_id": project_id})
    return [(row[0], row[1], int(row[2])) for row in rows]


def load_skips(connection: Connection, project_id: int) -> dict[int, int]:
    """Count skipped tasks by person."""
    rows = connection.execute(_SKIPS, {"project_id": project_id})
    return {row[0]: int(row[1]) for row in rows}


def load_exposure(connection: Connection, project_id: int) -> list[tuple[int, int, int, int]]:
    """Load what could hurt and was seen: person, tier, milliseconds in view, items."""
    rows = connection.execute(_EXPOSURE, {"project_id": project_id})
    return [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in rows]


def load_granted(connection: Connection, project_id: int) -> set[int]:
    """Load who has a grant that holds."""
    return {row[0] for row in connection.execute(_GRANTED, {"project_id": project_id})}


def load_decisions(connection: Connection, project_id: int) -> dict[int, int]:
    """Count decisions by whom they were about."""
    rows = connection.execute(_DECISIONS, {"project_id": project_id})
    return {row[0]: int(row[1]) for row in rows}


def load_appeals(connection: Connection, project_id: int) -> list[tuple[int, str, int]]:
    """Count appeals by person and state."""
    rows = connection.execute(_APPEALS, {"project_id": project_id})
    return [(row[0], row[1], int(row[2])) for row in rows]
