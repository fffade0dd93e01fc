"""SQL of exposure as the router needs it; read by stories alone.

A dose is reserved before its content is shown and is one row for a person and a task for ever.
What was never rendered gives its reservation back. The statements that read across people read
what content was like (`list_votes`, `list_visible`) and nobody's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.people.wellbeing.rules import CHRONIC_HALF_LIFE_MS, FADED, Dose, day_of
from fairhand.storage.database import Connection

# Not `FOR UPDATE`: that would hold up, and be held up by, every row that refers to the person.
_LOCK = text("SELECT id FROM person WHERE id = :person_id FOR NO KEY UPDATE")
# The last day dose by dose; what is older by the hour, dated to the last dose of its hour: that is
# never less than it is, and at most half a per cent more.
_CARRIED = text(
    """
    SELECT at, dose, COALESCE(own_tier, tier) AS tier FROM exposure
    WHERE person_id = :person_id AND at > :recent
    UNION ALL
    SELECT MAX(at), SUM(dose), MAX(COALESCE(own_tier, tier)) FROM exposure
    WHERE person_id = :person_id AND at > :since AND at <= :recent GROUP BY at / 3600000
    """
)
_RESERVE = text(
    "INSERT INTO exposure (person_id, project_id, task_id, tier, dose, state, at) "
    "VALUES (:person_id, :project_id, :task_id, :tier, :dose, 'reserved', :now) "
    "ON CONFLICT (person_id, task_id) DO UPDATE SET at = excluded.at, "
    "dose = excluded.dose + CASE WHEN exposure.state = 'seen' THEN exposure.dose ELSE 0 END"
)
# A lease that lapsed has given its dose back; an answer that comes all the same says it was seen.
_SEEN = text(
    "INSERT INTO exposure (person_id, project_id, task_id, tier, dose, state, at) "
    "SELECT :person_id, q.project_id, q.task_id, q.tier, q.dose, 'seen', :now "
    "FROM queue AS q WHERE q.task_id = :task_id "
    "ON CONFLICT (person_id, task_id) DO UPDATE SET state = 'seen'"
)
_RELEASE = text(
    "DELETE FROM exposure WHERE person_id = :person_id AND task_id = :task_id "
    "AND state = 'reserved'"
)
_VOTES = text(
    "SELECT task_id, own_tier FROM exposure "
    "WHERE project_id = :project_id AND own_tier IS NOT NULL ORDER BY task_id, own_tier"
)
_VISIBLE = text(
    "SELECT visible_ms FROM exposure WHERE project_id = :project_id AND visible_ms > 0 "
    "ORDER BY id DESC LIMIT :limit"
)
_LEFT_HARD = text(
    "SELECT DISTINCT person_id FROM exposure WHERE at > :since AND at <= :until "
    "AND COALESCE(own_tier, tier) >= :tier ORDER BY person_id"
)
_HARDEST_PLACE = text(
    "SELECT project_id FROM exposure WHERE person_id = :person_id AND at > :since AND at <= :until "
    "AND COALESCE(own_tier, tier) >= :tier AND project_id > 0 "
    "GROUP BY project_id ORDER BY SUM(dose) DESC, project_id LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a person has seen and is about to see, and on which days how hard it was."""

    doses: tuple[Dose, ...] = ()
    tiers: tuple[tuple[int, int], ...] = ()  # (day, tier)

    def hard_days(self, tier: int) -> set[int]:
        """Give the days with content of a tier or harder."""
        return {day for day, seen in self.tiers if seen >= tier}


def load_carried(
    connection: Connection,
    person_id: int,
    now: Instant,
    half_life_ms: int = CHRONIC_HALF_LIFE_MS,
    *,
    lock: bool = True,
) -> Carried:
    """Load what a person carries, reserved doses among it, and keep other tabs out meanwhile."""
    if lock and connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"person_id": person_id})
    found = {
        "person_id": person_id,
        "recent": now - DAY_MS - HOUR_MS,
        "since": now - FADED * half_life_ms,
    }
    rows = connection.execute(_CARRIED, found).all()
    return Carried(
        tuple(Dose(Instant(int(at)), int(dose)) for at, dose, _ in rows),
        tuple({(day_of(Instant(int(at))), int(tier)) for at, _, tier in rows}),
    )


def load_doses(connection: Connection, person_id: int, now: Instant) -> list[Dose]:
    """Load a person's recent doses, reserved ones among them, and keep other tabs out meanwhile."""
    return list(load_carried(connection, person_id, now).doses)


def reserve(
    connection: Connection,
    person_id: int,
    project_id: int,
    task_id: int,
    tier: int,
    dose: int,
    now: Instant,
) -> None:
    """Count a dose before its content is shown; what was seen of it before stays counted."""
    connection.execute(
        _RESERVE,
        {
            "person_id": person_id,
            "project_id": project_id,
            "task_id": task_id,
            "tier": tier,
            "dose": dose,
            "now": now,
        },
    )


def mark_seen(connection: Connection, person_id: int, task_id: int, now: Instant) -> None:
    """Turn a reserved dose into a seen one, and one that had been given back too."""
    connection.execute(_SEEN, {"person_id": person_id, "task_id": task_id, "now": now})


def release(connection: Connection, leases: Iterable[tuple[int, int]]) -> None:
    """Give back what (person, task) had reserved and nobody revealed."""
    rows = [{"person_id": person, "task_id": task} for person, task in sorted(leases)]
    if rows:
        connection.execute(_RELEASE, rows)


def list_votes(connection: Connection, project_id: int) -> dict[int, list[int]]:
    """List how hard people found each task of a project; nobody is named."""
    votes: dict[int, list[int]] = {}
    for task_id, tier in connection.execute(_VOTES, {"project_id": project_id}):
        votes.setdefault(task_id, []).append(tier)
    return votes


def list_visible(connection: Connection, project_id: int, limit: int = 1_000) -> list[int]:
    """List for how long content of a project could be seen, the newest first, in milliseconds."""
    found = {"project_id": project_id, "limit": limit}
    return list(connection.execute(_VISIBLE, found).scalars())


def list_who_saw(connection: Connection, tier: int, since: Instant, until: Instant) -> list[int]:
    """List who has seen content of a tier or harder after `since`, up to `until`."""
    found = {"tier": tier, "since": since, "until": until}
    return [row.person_id for row in connection.execute(_LEFT_HARD, found)]


def find_hardest_place(
    connection: Connection, person_id: int, tier: int, since: Instant, until: Instant
) -> int | None:
    """Find the project in which a person has seen the most of a tier or harder."""
    found = {"person_id": person_id, "tier": tier, "since": since, "until": until}
    return connection.execute(_HARDEST_PLACE, found).scalar_one_or_none()
