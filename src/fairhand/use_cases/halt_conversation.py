"""An owner ends a conversation that should not go on; nobody is asked about it any more."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.conversations import store
from fairhand.work.conversations.rules import ENDED
from fairhand.work.conversations.store import Conversation

REASON_MAX = 200


@dataclass(frozen=True, slots=True)
class HaltConversation:
    """Who ends which conversation, and why."""

    person_id: int
    project_id: int
    conversation_id: int
    reason: str


def halt_conversation(db: Database, command: HaltConversation, now: Instant) -> Conversation:
    """Halt a tree: its open tasks close; who is at one may finish it and is paid.

    Raises InvalidError without a reason, NotFoundError, ConflictError when it has ended already.
    """
    reason = command.reason.strip()
    if not 1 <= len(reason) <= REASON_MAX:
        issue = Issue("reason", f"Say in 1 to {REASON_MAX} characters why it should not go on.")
        raise InvalidError(issue.message, issues=[issue])
    with db.write() as connection:
        found = store.load_conversation(connection, command.conversation_id)
        if found is None or found.project_id != command.project_id:
            raise NotFoundError(f"This project has no conversation {command.conversation_id}.")
        store.lock_terms(connection, command.project_id, now)
        found = store.load_conversation(connection, command.conversation_id) or found
        if found.state in ENDED:
            raise ConflictError(f"Conversation {found.id} has ended already.", code="has_ended")
        asks, _answers = store.load_asks(connection, found.id)
        for task_id, _message, _step, done in asks:
            if not done:
                store.close_ask(connection, task_id)
        store.set_state(connection, found.id, "halted", reason, now)
        body = {"project": command.project_id, "conversation": found.id, "reason": reason}
        log.append(
            connection, "conversation.halted", body, now, command.person_id, command.project_id
        )
        halted = store.load_conversation(connection, found.id)
    assert halted is not None, "just written"  # noqa: S101
    return halted
