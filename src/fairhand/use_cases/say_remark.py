"""A person says that a task is unclear, or something about it; nothing waits for the answer."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, InvalidError
from fairhand.storage.database import Database
from fairhand.work.assignment import store as queue
from fairhand.work.remarks import store
from fairhand.work.remarks.rules import remark_issues


@dataclass(frozen=True, slots=True)
class SayRemark:
    """Words about a task; `client_key` makes a retry count once."""

    person_id: int
    task_id: int
    kind: str
    words: str
    client_key: str


def say_remark(db: Database, command: SayRemark, now: Instant) -> int:
    """Keep the words for the owner; gives the remark's number.

    Raises InvalidError, and ForbiddenError for a task that was never theirs. Nothing of it is
    logged: what somebody does not understand is between them and the owner.
    """
    if issues := remark_issues(command.kind, command.words, command.client_key):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        lease = queue.load_lease(connection, command.person_id, command.task_id)
        if lease is None:
            raise ForbiddenError("This task was not given to you.", code="not_your_task")
        row = {
            "project_id": lease.project_id,
            "task_id": command.task_id,
            "person_id": command.person_id,
            "kind": command.kind,
            "words": command.words.strip(),
            "client_key": command.client_key,
            "said_at": now,
        }
        return store.add_remark(connection, row)
