"""A model failed in the background: the project page says so, and nobody's work stops."""

from __future__ import annotations

from fairhand.compute.assistants.contract import AssistantError
from fairhand.core.clock import Instant
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.set_assist_policy import BUILT_IN
from fairhand.work.prelabel import learning_store, store


def assist_failed(
    db: Database, project_id: int, at: str, error: AssistantError, now: Instant
) -> None:
    """Note the failure on the assistant that failed: the built-in one when it trained or ranked.

    Training that failed waits for ten more answers, so that it does not come round and round.
    """
    with db.write() as connection:
        policy = store.lock_policy(connection, project_id)
        if at == "train" and policy is not None:
            through = learning_store.newest_answer(connection, project_id)
            store.mark_trained(connection, project_id, through, policy.trained_answers)
        assistant_id = _whose(connection, project_id, at)
        if assistant_id is not None:
            problem = {"hop": error.hop, "code": error.code, "message": error.message}
            store.set_problem(connection, assistant_id, problem, now)


def note_untrained(db: Database, project_id: int) -> None:
    """Remember that there was no built-in model to train, so that the next look waits too."""
    with db.write() as connection:
        policy = store.lock_policy(connection, project_id)
        if policy is not None:
            through = learning_store.newest_answer(connection, project_id)
            store.mark_trained(connection, project_id, through, policy.trained_answers)


def _whose(connection: Connection, project_id: int, at: str) -> int | None:
    shown = store.load_shown(connection, project_id).version_id
    if at == "propose" and shown is not None:
        version = store.load_version(connection, shown)
        return None if version is None else version.assistant_id
    one = store.find_assistant(connection, project_id, BUILT_IN)
    return None if one is None else one.id
