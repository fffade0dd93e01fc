"""Project versions never change, so each is read once per database and kept."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from fairhand.core.errors import NotFoundError
from fairhand.model.project import ProjectVersion
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store

_KEPT: WeakKeyDictionary[Database, dict[tuple[int, int], ProjectVersion]] = WeakKeyDictionary()
_KEPT_MAX = 1_000


def version_of(
    db: Database, connection: Connection, project_id: int, version: int
) -> ProjectVersion:
    """Load a version of a project's questions; raises NotFoundError when there is none."""
    kept = _KEPT.setdefault(db, {})
    found = kept.get((project_id, version))
    if found is None:
        found = store.load_version(connection, project_id, version)
        if found is None:
            raise NotFoundError(f"Project {project_id} has no version {version}.")
        if len(kept) >= _KEPT_MAX:
            kept.clear()
        kept[project_id, version] = found
    return found


def current_version(db: Database, project_id: int, version: int) -> ProjectVersion:
    """Load a version as `version_of` does, opening a snapshot only when it is not kept yet."""
    kept = _KEPT.get(db, {}).get((project_id, version))
    if kept is not None:
        return kept
    with db.read() as connection:
        return version_of(db, connection, project_id, version)
