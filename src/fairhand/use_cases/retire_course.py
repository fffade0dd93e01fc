"""A trainer takes a live course away: who was learning may work at once."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.people.consent import store as consent
from fairhand.people.learning import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.read_courses import load_own_course


def retire_course(db: Database, project_id: int, number: int, author_id: int, now: Instant) -> int:
    """End a live course without another in its place; gives how many people it lets work.

    Raises ConflictError for a course that is not live.
    """
    with db.write() as connection:
        course = load_own_course(connection, project_id, number)
        if course.state != "live":
            raise ConflictError(f"Course {number} is not live.", code="not_live")
        store.set_state(connection, course.id, "retired")
        free = consent.release_learners(connection, project_id)
        body = {"course": course.id, "project": project_id, "people": free}
        log.append(connection, "course.retired", body, now, author_id, project_id)
    return len(free)
