"""A reviewer takes their last review back: all is as it was, and the task is open with them."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.quality import store as quality
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.work.review import store
from fairhand.work.review.rules import CLAIM_MS
from fairhand.work.review.store import Reviewed


@dataclass(frozen=True, slots=True)
class UndoReview:
    """Whose last review in a project; with `review_id`, only if it is that one."""

    reviewer_id: int
    project_id: int
    review_id: int | None = None


def undo_review(db: Database, command: UndoReview, now: Instant) -> Reviewed:
    """Take back the last review; what people said is the consensus again.

    Raises NotFoundError when there is none, ConflictError when somebody reviewed the task since.
    """
    with db.write() as connection:
        last = store.load_last(connection, command.project_id, command.reviewer_id)
        if last is None or command.review_id not in (None, last.id):
            raise NotFoundError("There is no review of yours to take back here.")
        if not store.is_newest(connection, last):
            raise ConflictError("Somebody else has looked at this task since.", code="overtaken")
        _restore(connection, last)
        store.undo(connection, last, now)
        until = Instant(now + CLAIM_MS)
        store.claim(connection, command.project_id, last.task_id, command.reviewer_id, now, until)
        body = {"project": command.project_id, "task": last.task_id, "review": last.id}
        log.append(connection, "review.undone", body, now, command.reviewer_id, command.project_id)
    if last.verdict != "asked_again":
        aggregate_labels(db, command.project_id, now)
    return last


def _restore(connection: Connection, last: Reviewed) -> None:
    """Let what stood fall, or close the place that was opened where nobody has taken it."""
    if last.verdict == "asked_again":
        store.close_place(connection, last.task_id)
        return
    store.unadjudicate(connection, last.task_id, last.id)
    quality.let_fall(connection, last.task_id)
