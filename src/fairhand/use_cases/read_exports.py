"""What pages and the API read of exports."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.release import export_store
from fairhand.proof.release import store as releases
from fairhand.proof.release.export_store import ExportFile, ExportState
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class Export:
    """An export as it is shown; `version` is its release's, None: the project as it stood.

    `is_stale` says that somebody took data back since: it is not given out any more.
    """

    file: ExportFile
    state: ExportState
    version: int | None
    done: int
    total: int | None
    error: str
    is_stale: bool


def list_exports(db: Database, project_id: int, now: Instant) -> list[Export]:
    """List a project's exports, the newest first; raises NotFoundError for an unknown one."""
    with db.read() as connection:
        if projects.load_project(connection, project_id) is None:
            raise NotFoundError(f"There is no project {project_id}.")
        newest = export_store.consent_mark(connection, project_id)
        found = export_store.list_exports(connection, project_id)
        return [_shown(connection, one, newest, now) for one in found]


def read_export(db: Database, project_id: int, export_id: str, now: Instant) -> Export:
    """Load one export of a project; raises NotFoundError."""
    with db.read() as connection:
        found = export_store.load_export(connection, export_id)
        if found is None or found.project_id != project_id:
            raise NotFoundError("There is no such export.")
        newest = export_store.consent_mark(connection, project_id)
        return _shown(connection, found, newest, now)


def find_export_blob(db: Database, project_id: int, export_id: str, now: Instant) -> ExportFile:
    """Find the file of an export that lies ready.

    Raises NotFoundError where it is gone or not ready, ConflictError where somebody took data
    back since it was made.
    """
    found = read_export(db, project_id, export_id, now)
    if found.state in ("ready", "gone") and found.is_stale:
        raise ConflictError(
            "Somebody took their data back since this was made: make the export again.",
            code="taken_back_since",
        )
    if found.state != "ready" or found.file.blob_sha256 is None:
        words = {"gone": "was deleted when its days were over", "making": "is still being made"}
        raise NotFoundError(f"This export {words.get(found.state, 'was not made')}.")
    return found.file


def _shown(connection: Connection, one: ExportFile, newest: str, now: Instant) -> Export:
    making = export_store.making_of(connection, one.id)
    state: ExportState = one.state
    if state == "making" and (making is None or making.state == "failed"):
        state = "failed"
    if state == "ready" and one.expires_at <= now:
        state = "gone"
    release = None if one.release_id is None else releases.load_release(connection, one.release_id)
    return Export(
        file=one,
        state=state,
        version=None if release is None else release.version,
        done=making.done if making else 0,
        total=making.total if making else None,
        error=making.error if making else "",
        is_stale=one.is_stale(newest),
    )
