"""An owner removes a source of predictions; what it predicted before stays."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.prelabel import store
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class EndAssistant:
    """Which source, and who ends it."""

    person_id: int
    project_id: int
    assistant_id: int


def end_assistant(db: Database, command: EndAssistant, now: Instant) -> None:
    """Ask it nothing more, and show its proposals to nobody; its tokens open nothing from now on.

    Raises NotFoundError when the project has no such source.
    """
    with db.write() as connection:
        projects.lock_project(connection, command.project_id)
        one = store.load_assistant(connection, command.assistant_id)
        if one is None or one.project_id != command.project_id or one.ended_at is not None:
            raise NotFoundError(f"This project has no source {command.assistant_id}.")
        store.end_assistant(connection, one.id, now)
        shown = store.load_shown(connection, command.project_id).version_id
        version = None if shown is None else store.load_version(connection, shown)
        if version is not None and version.assistant_id == one.id:
            store.show_none(connection, command.project_id)
        body = {"project": one.project_id, "assistant": one.id, "name": one.name}
        log.append(connection, "assistant.ended", body, now, command.person_id, one.project_id)
