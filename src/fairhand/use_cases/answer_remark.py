"""An owner answers what somebody found unclear, for them alone or for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.remarks import store
from fairhand.work.remarks.rules import answer_issues


@dataclass(frozen=True, slots=True)
class AnswerRemark:
    """The answer; without words the remark is only marked as read."""

    author_id: int
    project_id: int
    remark_id: int
    words: str = ""
    shared: bool = False


def answer_remark(db: Database, command: AnswerRemark, now: Instant) -> None:
    """Settle a remark; the answer stands beside the guidelines, of everybody when it is shared.

    Raises NotFoundError, and InvalidError for an answer that cannot be kept.
    """
    if issues := answer_issues(command.words, command.shared):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        asked = store.load_remark(connection, command.remark_id)
        if asked is None or asked.project_id != command.project_id:
            raise NotFoundError(f"There is no question {command.remark_id} in this project.")
        words = command.words.strip()
        store.answer(connection, asked, words, command.author_id, now, shared=command.shared)
        body = {
            "project": asked.project_id,
            "remark": asked.id,
            "answered": bool(words),
            "shared": command.shared,
        }
        log.append(connection, "remark.answered", body, now, command.author_id, asked.project_id)
