"""Read a project's sources of predictions: who proposes, how it does, what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.errors import NotFoundError
from fairhand.storage.database import Database
from fairhand.work.prelabel import backend_store, store
from fairhand.work.prelabel.store import Assistant, ModelVersion
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class Source:
    """One source; `newest` is its newest version, `is_shown` whether people see its proposals.

    `behind` counts the answers that a backend has not been told yet.
    """

    assistant: Assistant
    versions: int
    newest: ModelVersion | None
    is_shown: bool
    behind: int = 0

    @property
    def address(self) -> str:
        """Where it is asked, for those that have an address."""
        return str(self.assistant.config.get("url") or "")


def read_sources(db: Database, project_id: int) -> list[Source]:
    """List the sources that have not ended, oldest first; raises NotFoundError without project."""
    with db.read() as connection:
        if projects.load_project(connection, project_id) is None:
            raise NotFoundError(f"There is no project {project_id}.")
        shown = store.load_shown(connection, project_id).version_id
        versions = store.list_versions(connection, project_id)
        found = []
        for one in store.list_assistants(connection, project_id):
            own = [version for version in versions if version.assistant_id == one.id]
            behind = 0
            if one.kind == "label_studio" and one.config.get("learns", True):
                behind = backend_store.count_to_tell(connection, project_id, one.told_through)
            is_shown = any(version.id == shown for version in own)
            found.append(Source(one, len(own), own[0] if own else None, is_shown, behind))
    return found


def read_source_problems(db: Database, project_id: int) -> list[Assistant]:
    """List the sources that do not work just now, for the project page."""
    with db.read() as connection:
        return [one for one in store.list_assistants(connection, project_id) if one.problem]
