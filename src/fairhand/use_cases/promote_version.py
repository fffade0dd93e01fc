"""An owner shows people another version's proposals: a newer one, or an older one again."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import ModelVersion
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class PromoteVersion:
    """Which version shall be shown; None rolls back to the one that was shown before.

    `instead_of` is the version that was shown when the owner decided, where that is known: pressed
    twice, a roll back would bring the bad version back.
    """

    author_id: int
    project_id: int
    version_id: int | None = None
    instead_of: int | None = None


def promote_version(db: Database, command: PromoteVersion, now: Instant) -> ModelVersion:
    """Show this version's proposals from now on; what it has not proposed for yet follows soon.

    Raises NotFoundError for a version that is not of this project, ConflictError when assistance
    is off, its assistant was removed, there is nothing to roll back to, or another version than
    `instead_of` is shown.
    """
    with db.write() as connection:
        if projects.lock_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        policy = store.lock_policy(connection, command.project_id)
        if policy is None or not policy.is_on:
            raise ConflictError("Assistance is off in this project: tick it first.")
        before = store.load_shown(connection, command.project_id).version_id
        if command.instead_of is not None and command.instead_of != before:
            raise ConflictError(
                "Another version is shown by now, so nothing was changed: look again.",
                code="shown_changed",
            )
        version = _find(connection, command)
        assistant = store.load_assistant(connection, version.assistant_id)
        if assistant is None or assistant.ended_at is not None:
            raise ConflictError("The assistant of this version was removed.")
        store.promote(connection, command.project_id, version.id, now, command.author_id)
        body = {
            "project": command.project_id,
            "version": version.id,
            "model": version.model,
            "before": before,
        }
        log.append(connection, "model.promoted", body, now, command.author_id, command.project_id)
        made = store.load_version(connection, version.id)
    assert made is not None, "it was there a moment ago"  # noqa: S101
    return made


def _find(connection: Connection, command: PromoteVersion) -> ModelVersion:
    if command.version_id is not None:
        version = store.load_version(connection, command.version_id)
        if version is None or version.project_id != command.project_id:
            raise NotFoundError(f"This project has no version {command.version_id}.")
        return version
    before = store.promoted_before(connection, command.project_id)
    if before is None:
        raise ConflictError("No other version was shown before this one.", code="nothing_before")
    return before
