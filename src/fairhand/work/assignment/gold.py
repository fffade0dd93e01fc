"""SQL of handing out gold tasks: those a person has not had, and a place in one of them.

Whoever has seen a known answer in a lesson, practice or after an exam has a practice card of the
task; it is no gold task for them any more.
"""

from __future__ import annotations

from sqlalchemy import text

from fairhand.storage.database import Connection
from fairhand.work.assignment.store import Claimed, Place

_LEFT = text(
    """
    SELECT q.task_id FROM gold_answer AS g JOIN queue AS q ON q.task_id = g.task_id
    WHERE g.project_id = :project_id
      AND g.task_id NOT IN (
            SELECT s.id FROM task AS s
            WHERE s.project_id = :project_id AND s.set_aside_at IS NOT NULL)
      AND (q.tier = 0 OR (q.tier <= :max_tier AND q.dose BETWEEN 1 AND :dose_left))
      AND (q.skill_id = 0 OR EXISTS (
            SELECT 1 FROM person_skill AS s
            WHERE s.person_id = :person_id AND s.skill_id = q.skill_id))
      AND NOT EXISTS (
            SELECT 1 FROM lease AS l
            WHERE l.person_id = :person_id AND l.task_id = q.task_id AND l.state <> 'expired')
      AND NOT EXISTS (
            SELECT 1 FROM practice_card AS k
            WHERE k.person_id = :person_id AND k.task_id = q.task_id)
    ORDER BY q.task_id
    """
)
# Everybody may have a gold task once, so places grow with the people who come.
_TAKE = text(
    "UPDATE queue SET taken = taken + 1, "
    "wanted = CASE WHEN wanted > taken THEN wanted ELSE taken + 1 END "
    "WHERE task_id = :task_id RETURNING task_id, rank, reopened, tier, dose, 0 AS slice_id"
)
_COUNT_UP = text(
    "UPDATE enrolment SET handed_out = handed_out + 1 "
    "WHERE person_id = :person_id AND project_id = :project_id"
)


def list_left(
    connection: Connection, place: Place, person_id: int, project_id: int, dose_left: int
) -> list[int]:
    """List the gold tasks of a project that this person may do and has not had."""
    found = connection.execute(
        _LEFT,
        {
            "person_id": person_id,
            "project_id": project_id,
            "max_tier": place.max_tier,
            "dose_left": dose_left,
        },
    )
    return list(found.scalars())


def take(connection: Connection, task_id: int, person_id: int, project_id: int) -> Claimed:
    """Take a place in a gold task; it counts as a task handed out."""
    row = connection.execute(_TAKE, {"task_id": task_id}).one()
    connection.execute(_COUNT_UP, {"person_id": person_id, "project_id": project_id})
    return Claimed(*row)
