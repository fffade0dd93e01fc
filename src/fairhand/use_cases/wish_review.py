"""A contributor asks for a second pair of eyes on what they answered; nothing else hangs on it."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.core.words import later as _
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.annotations import store as answers
from fairhand.work.review import store
from fairhand.work.review.rules import wish_issues


@dataclass(frozen=True, slots=True)
class WishReview:
    """Which of their annotations somebody is unsure of, and why, if they like."""

    person_id: int
    annotation_id: int
    words: str = ""


def wish_review(db: Database, command: WishReview, now: Instant) -> bool:
    """Let a reviewer look at an answer; False where its author wished that before.

    Raises NotFoundError for an answer that is not theirs, ConflictError for one that was revised.
    """
    if issues := wish_issues(command.words):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        own = answers.load_annotation(connection, command.annotation_id)
        if own is None or own.person_id != command.person_id:
            raise NotFoundError(f"You have no annotation {command.annotation_id}.")
        if own.superseded:
            raise ConflictError(_("You have revised this answer since."), code="already_revised")
        row = {
            "annotation_id": own.id,
            "person_id": own.person_id,
            "project_id": own.project_id,
            "task_id": own.task_id,
            "words": command.words.strip(),
            "wished_at": now,
        }
        is_new = store.wish(connection, row)
        if is_new:
            body = {"project": own.project_id, "task": own.task_id, "annotation": own.id}
            log.append(connection, "review.wished", body, now, own.person_id, own.project_id)
    return is_new
