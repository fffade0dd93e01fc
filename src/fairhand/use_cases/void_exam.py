"""A failed exam is declared void by a person: it counts for nothing, and there is a new try."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.people.learning import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database

REASON_LEAST = 10


def void_exam(
    db: Database, project_id: int, attempt_id: int, reason: str, by_id: int, now: Instant
) -> None:
    """Take a failed exam of a project's course out of the count, with a reason that is kept.

    Raises NotFoundError for an exam of another project, ConflictError for one that was passed.
    """
    with db.write() as connection:
        attempt = store.load_attempt(connection, attempt_id)
        course = None if attempt is None else store.load_course(connection, attempt.course_id)
        if course is None or course.project_id != project_id:
            raise NotFoundError(f"There is no exam {attempt_id} in this project.")
        void_in(connection, attempt_id, reason, by_id, now)


def void_in(connection: Connection, attempt_id: int, reason: str, by_id: int, now: Instant) -> None:
    """Do the same inside a story's own transaction, as when an appeal is upheld."""
    words = reason.strip()
    if not REASON_LEAST <= len(words) <= 2_000:
        message = f"Give the reason in {REASON_LEAST} to 2,000 characters; the person reads it."
        raise InvalidError(message, issues=[Issue("reason", message)])
    attempt = store.load_attempt(connection, attempt_id, lock=True)
    if attempt is None or attempt.kind != "exam":
        raise NotFoundError(f"There is no exam {attempt_id}.")
    if attempt.state not in ("failed", "left"):
        raise ConflictError(
            f"This exam is {attempt.state}; only one that was not passed can be void.",
            code="not_failed",
        )
    course = store.load_course(connection, attempt.course_id)
    assert course is not None  # noqa: S101  # an attempt has a course
    result = {**attempt.result, "why": "declared_void", "reason": words, "by": by_id}
    store.end_attempt(connection, attempt_id, "void", result, now)
    body = {"attempt": attempt_id, "course": course.id, "person": attempt.person_id}
    log.append(connection, "learning.exam_voided", body, now, by_id, course.project_id)
