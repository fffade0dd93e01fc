"""The two parts of a durable export: write the folder, then pack it and lay the file ready.

Killed in the first part, the folder is begun anew; killed in the second, the packing is. The file
is content-addressed, and says of which export it is, so that it is no other export's too. The row
is changed in the transaction that notes the step: one file, once.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import NotFoundError, UnavailableError
from fairhand.core.zipped import zip_stream
from fairhand.formats.exports.items import Report
from fairhand.model.project import Project
from fairhand.proof.release import export_store
from fairhand.proof.release import store as releases
from fairhand.proof.release.export_store import ExportFile
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.export_project import ABOUT, ExportProject, about, export_project
from fairhand.use_cases.export_release import ExportRelease, export_release
from fairhand.use_cases.read_project import read_project

_CHUNK: Final = 1024 * 1024
_PACKED: Final = frozenset((".parquet", ".zip", ".gz", ".png", ".jpg", ".jpeg", ".tar", ".webp"))


@dataclass(frozen=True, slots=True)
class Workshop:
    """What making needs; `folder` is where drafts lie."""

    db: Database
    blobs: BlobStore
    folder: Path
    secret: bytes
    days: int


def write_export(
    shop: Workshop, export_id: str, now: Instant, progress: Callable[[int], None]
) -> dict[str, Any]:
    """Write an export's folder anew; gives what `pack_export` has to know."""
    found = load(shop.db, export_id)
    folder = _draft(shop, export_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    question = found.options.get("question")
    with shop.db.read() as connection:
        withdrawal = export_store.consent_mark(connection, found.project_id)
        number = found.release_id
        release = None if number is None else releases.load_release(connection, number)
        if release is not None and export_store.count_untold(connection, found.project_id):
            raise UnavailableError(
                "Somebody took data back just now; the export waits until the releases know of it.",
                code="withdrawals_under_way",
            )
    if release is not None:
        asked = ExportRelease(Path(release.directory), found.format, folder, question, progress)
        report = export_release(asked)
    else:
        report = export_project(
            shop.db,
            ExportProject(
                found.project_id,
                found.format,
                folder,
                shop.secret,
                question,
                bool(found.options.get("answers")),
                bool(found.options.get("elsewhere")),
                progress,
            ),
            now,
        )
    project = read_project(shop.db, found.project_id)
    version = None if release is None else release.version
    (folder / ABOUT).write_bytes(about(project, version, report, export_id))
    return _told(project, version, found.format, report, withdrawal)


def is_written(shop: Workshop, export_id: str) -> bool:
    """Say whether the folder is still here: another machine may have written it."""
    return (_draft(shop, export_id) / ABOUT).is_file()


def pack_export(shop: Workshop, export_id: str, name: str) -> tuple[str, int]:
    """Pack the folder into one archive in the blob store; gives its hash and size."""
    folder = _draft(shop, export_id)
    members = (
        (f"{name}/{path.relative_to(folder).as_posix()}", _pieces(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    is_packed = any(path.suffix in _PACKED for path in folder.rglob("*"))
    with tempfile.NamedTemporaryFile(prefix="fairhand-export-", suffix=".zip") as file:
        for piece in zip_stream(members, compressed=not is_packed):
            file.write(piece)
        file.flush()
        path = Path(file.name)
        return shop.blobs.put(path), path.stat().st_size


def lay_ready(
    db: Database,
    export_id: str,
    told: Mapping[str, Any],
    packed: tuple[str, int],
    now: Instant,
    days: int,
) -> None:
    """Note that an export lies ready, in the transaction of its step."""
    options = {**load(db, export_id).options, "withdrawal": told["withdrawal"]}
    if told.get("notes"):  # a job begun by an earlier version has none
        options["notes"] = told["notes"]
    with db.write() as connection:
        export_store.set_ready(
            connection,
            export_id,
            name=f"{told['name']}.zip",
            sha256=packed[0],
            size=packed[1],
            rows=told["written"],
            left_out=told["left_out"],
            options=options,
            expires_at=Instant(now + days * DAY_MS),
        )


def forget_draft(shop: Workshop, export_id: str) -> None:
    """Remove the folder, once its archive is in the store."""
    shutil.rmtree(_draft(shop, export_id), ignore_errors=True)


def load(db: Database, export_id: str) -> ExportFile:
    """Load an export; raises NotFoundError."""
    with db.read() as connection:
        found = export_store.load_export(connection, export_id)
    if found is None:
        raise NotFoundError("There is no such export.")
    return found


def _told(
    project: Project, version: int | None, form: str, report: Report, withdrawal: str
) -> dict[str, Any]:
    source = "as-it-stands" if version is None else f"v{version}"
    return {
        "name": f"{project.slug}-{source}-{form}",
        "tasks": report.tasks,
        "written": report.written,
        "left_out": dict(report.left_out),
        "notes": list(report.notes),
        "withdrawal": withdrawal,
    }


def _draft(shop: Workshop, export_id: str) -> Path:
    return shop.folder / export_id


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece
