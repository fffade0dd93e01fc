"""An owner changes the guidelines: a new version, the old one kept."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.projects import store
from fairhand.work.projects.rules import GUIDELINES_MAX


@dataclass(frozen=True, slots=True)
class ChangeGuidelines:
    """The new text, in Markdown."""

    author_id: int
    project_id: int
    guidelines: str


def change_guidelines(db: Database, command: ChangeGuidelines, now: Instant) -> int:
    """Write the next version of the guidelines and return its number."""
    if not command.guidelines.strip() or len(command.guidelines) > GUIDELINES_MAX:
        issue = Issue("guidelines", f"Write 1 to {GUIDELINES_MAX:,} characters.")
        raise InvalidError(issue.message, issues=[issue])
    with db.write() as connection:
        project = store.lock_project(connection, command.project_id)
        current = store.load_version(connection, project.id, project.version) if project else None
        if project is None or current is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        number = project.version + 1
        store.add_version(
            connection,
            project.id,
            number,
            current.questions,
            command.guidelines,
            command.author_id,
            now,
        )
        body = {
            "project": project.id,
            "version": number,
            "guidelines_sha256": sha256_hex(command.guidelines.encode()),
        }
        log.append(connection, "project.changed", body, now, command.author_id, project.id)
    return number
