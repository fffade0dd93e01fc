"""SQL of hard content in the queue: how much each task weighs, what is held back, what is safe.

A task of tier 1 or above is handed out only once it has a dose: what nobody has weighed yet waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from fairhand.storage.database import Connection
from fairhand.work.assignment.store import Lease

_AT_ONCE: Final = 1_000
_HAD = """
    EXISTS (SELECT 1 FROM lease AS l
            WHERE l.person_id = :person_id AND l.task_id = q.task_id AND l.state <> 'expired')
"""
_MAY = """
    (q.skill_id = 0 OR EXISTS (
        SELECT 1 FROM person_skill AS s
        WHERE s.person_id = :person_id AND s.skill_id = q.skill_id))
"""
# The first task that a person would get if only their limits were not reached.
_HELD_BACK = text(
    f"""
    SELECT q.tier, q.dose FROM queue AS q
    WHERE q.project_id = :project_id AND q.taken < q.wanted AND NOT q.held
      AND q.tier BETWEEN 1 AND :max_tier AND q.dose > 0 AND {_MAY} AND NOT {_HAD}
    ORDER BY q.rank LIMIT 1
    """
)
_SAFE = text(
    f"""
    SELECT p.id, p.title FROM enrolment AS e
    JOIN project AS p ON p.id = e.project_id
    JOIN project AS here ON here.id = :project_id
    LEFT JOIN escrow AS x ON x.project_id = p.id
    WHERE e.person_id = :person_id AND e.state = 'active' AND p.id <> here.id
      AND p.archived_at IS NULL
      AND p.mode = here.mode AND p.tier = 0 AND p.currency = here.currency
      AND (x.left_micros IS NULL OR x.left_micros > 0)
      AND EXISTS (
        SELECT 1 FROM queue AS q
        WHERE q.project_id = p.id AND q.taken < q.wanted AND NOT q.held AND q.tier = 0
          AND {_MAY} AND NOT {_HAD})
    ORDER BY p.rate_micros_per_hour DESC, p.id LIMIT :most
    """
)
_ABOVE = text(
    "SELECT l.id, l.task_id, l.person_id, l.project_id, l.state, l.hold, l.served_at, "
    "l.expires_at FROM lease AS l JOIN queue AS q ON q.task_id = l.task_id "
    "WHERE l.person_id = :person_id AND l.state = 'live' AND q.tier > :tier ORDER BY l.id"
)
_TO_WEIGH = text(
    "SELECT p.id FROM project AS p WHERE p.mode <> 'closed' AND p.archived_at IS NULL "
    "AND (p.tier > 0 OR EXISTS ("
    "SELECT 1 FROM queue AS q WHERE q.project_id = p.id AND q.tier > 0)) ORDER BY p.id"
)
_WEIGHTS = text(
    "SELECT q.task_id, q.tier, q.dose, t.media_type FROM queue AS q "
    "JOIN task AS t ON t.id = q.task_id WHERE q.project_id = :project_id "
    "AND q.task_id > :after ORDER BY q.task_id LIMIT :limit"
)
_TEXTS = text(
    "SELECT t.id, t.data FROM task AS t WHERE t.project_id = :project_id AND t.media_type IS NULL "
    "AND t.id > :after ORDER BY t.id LIMIT :limit"
)
_WEIGH = text("UPDATE queue SET tier = :tier, dose = :dose WHERE task_id = :task_id")
_LOOK_ANEW = text("UPDATE project SET queue_epoch = queue_epoch + 1 WHERE id = :project_id")


@dataclass(frozen=True, slots=True)
class Weight:
    """How hard a task is taken to be, and the dose that it is expected to be."""

    task_id: int
    tier: int
    dose: int
    media_type: str | None


def find_held_back(
    connection: Connection, person_id: int, project_id: int, max_tier: int
) -> tuple[int, int] | None:
    """Give (tier, dose) of the first task that only a limit keeps from a person, if any."""
    found = {"person_id": person_id, "project_id": project_id, "max_tier": max_tier}
    row = connection.execute(_HELD_BACK, found).one_or_none()
    return None if row is None else (row.tier, row.dose)


def list_safe(
    connection: Connection, person_id: int, project_id: int, most: int = 3
) -> list[tuple[int, str]]:
    """List (id, title) of harmless projects of a person with work for them, the best paid first.

    Only projects in the same currency: there alone is "the same pay" exact.
    """
    found = {"person_id": person_id, "project_id": project_id, "most": most}
    return [(row.id, row.title) for row in connection.execute(_SAFE, found)]


def list_above(connection: Connection, person_id: int, tier: int) -> list[Lease]:
    """List a person's live leases on tasks harder than a tier."""
    return [
        Lease(*row) for row in connection.execute(_ABOVE, {"person_id": person_id, "tier": tier})
    ]


def list_to_weigh(connection: Connection) -> list[int]:
    """List projects that may show hard content."""
    return list(connection.execute(_TO_WEIGH).scalars())


def each_weight(connection: Connection, project_id: int) -> Iterator[list[Weight]]:
    """Give the weights of a project's tasks, in pieces."""
    after = 0
    while True:
        found = {"project_id": project_id, "after": after, "limit": _AT_ONCE}
        piece = [Weight(*row) for row in connection.execute(_WEIGHTS, found)]
        if not piece:
            return
        yield piece
        after = piece[-1].task_id


def each_text(connection: Connection, project_id: int) -> Iterator[list[tuple[int, str]]]:
    """Give (task, JSON of its data) of a project's tasks without a file, in pieces."""
    after = 0
    while True:
        found = {"project_id": project_id, "after": after, "limit": _AT_ONCE}
        piece = [(row.id, row.data) for row in connection.execute(_TEXTS, found)]
        if not piece:
            return
        yield piece
        after = piece[-1][0]


def save_weights(connection: Connection, weights: Iterable[Weight]) -> None:
    """Write how hard tasks are, in the order of their numbers."""
    rows = [
        {"task_id": one.task_id, "tier": one.tier, "dose": one.dose}
        for one in sorted(weights, key=lambda one: one.task_id)
    ]
    if rows:
        connection.execute(_WEIGH, rows)


def look_anew(connection: Connection, project_id: int) -> None:
    """Let everybody look through a project's queue from the top again."""
    connection.execute(_LOOK_ANEW, {"project_id": project_id})
