"""SQL of exports: files made for somebody to take away, and until when they lie ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import select, text, update

from fairhand.core.clock import Instant
from fairhand.proof.release import store, terms_store
from fairhand.storage.database import Connection
from fairhand.storage.tables.office import export_file

ExportState = Literal["making", "ready", "failed", "gone"]

_JOB = text("SELECT id, state, done, total, error FROM job WHERE id = :id")
_UNTOLD = text("SELECT count(*) FROM withdrawal WHERE project_id = :project_id AND told_at IS NULL")
_MAKING = text(
    "SELECT count(*) FROM job WHERE project_id = :project_id AND kind = 'export' "
    "AND state IN ('queued', 'running')"
)
_COLUMNS = (
    export_file.c.id,
    export_file.c.project_id,
    export_file.c.release_id,
    export_file.c.format,
    export_file.c.options,
    export_file.c.state,
    export_file.c.name,
    export_file.c.blob_sha256,
    export_file.c.size_bytes,
    export_file.c.rows,
    export_file.c.left_out,
    export_file.c.made_at,
    export_file.c.expires_at,
)


@dataclass(frozen=True, slots=True)
class ExportFile:
    """An export; `options` are `question`, `answers`, `elsewhere`; ready, `withdrawal`, `notes`."""

    id: str
    project_id: int
    release_id: int | None
    format: str
    options: Mapping[str, Any]
    state: ExportState
    name: str
    blob_sha256: str | None
    size_bytes: int | None
    rows: int
    left_out: tuple[tuple[str, int], ...]
    made_at: Instant
    expires_at: Instant

    def is_stale(self, mark: str) -> bool:
        """Say whether somebody took data back since this was made; `mark` is that of now."""
        return bool(mark != self.options.get("withdrawal", mark))


@dataclass(frozen=True, slots=True)
class Making:
    """How far the job of an export is."""

    state: str
    done: int
    total: int | None
    error: str


def add_export(
    connection: Connection,
    export_id: str,
    project_id: int,
    release_id: int | None,
    form: str,
    options: Mapping[str, Any],
    person_id: int,
    now: Instant,
    expires_at: Instant,
) -> None:
    """Add an export that is to be made."""
    connection.execute(
        export_file.insert().values(
            id=export_id,
            project_id=project_id,
            release_id=release_id,
            format=form,
            options=orjson.dumps(dict(options)).decode(),
            person_id=person_id,
            made_at=now,
            expires_at=expires_at,
        )
    )


def set_ready(
    connection: Connection,
    export_id: str,
    *,
    name: str,
    sha256: str,
    size: int,
    rows: int,
    left_out: Mapping[str, int],
    options: Mapping[str, Any],
    expires_at: Instant,
) -> None:
    """Say that an export lies ready, until when, and what its format could not hold."""
    connection.execute(
        update(export_file)
        .where(export_file.c.id == export_id)
        .values(
            state="ready",
            name=name,
            blob_sha256=sha256,
            size_bytes=size,
            rows=rows,
            left_out=orjson.dumps(sorted(left_out.items(), key=lambda one: -one[1])).decode(),
            options=orjson.dumps(dict(options)).decode(),
            expires_at=expires_at,
        )
    )


def set_over(connection: Connection, export_id: str, state: ExportState) -> None:
    """Say that an export failed or is gone; its file is nobody's any more."""
    connection.execute(
        update(export_file)
        .where(export_file.c.id == export_id)
        .values(state=state, blob_sha256=None)
    )


def load_export(connection: Connection, export_id: str) -> ExportFile | None:
    """Load an export."""
    row = connection.execute(select(*_COLUMNS).where(export_file.c.id == export_id)).one_or_none()
    return None if row is None else _export(row)


def list_exports(connection: Connection, project_id: int, most: int = 50) -> list[ExportFile]:
    """List a project's exports, the newest first."""
    chosen = (
        select(*_COLUMNS)
        .where(export_file.c.project_id == project_id)
        .order_by(export_file.c.made_at.desc(), export_file.c.id)
        .limit(most)
    )
    return [_export(row) for row in connection.execute(chosen)]


def list_expired(connection: Connection, now: Instant, most: int) -> list[ExportFile]:
    """List exports whose days are over and whose file or job may still be there."""
    chosen = (
        select(*_COLUMNS)
        .where(export_file.c.expires_at <= now, export_file.c.state.in_(("ready", "making")))
        .limit(most)
    )
    return [_export(row) for row in connection.execute(chosen)]


def list_ready(connection: Connection) -> list[ExportFile]:
    """List every export whose file lies ready, of all projects; they lie for some days only."""
    chosen = select(*_COLUMNS).where(export_file.c.state == "ready").order_by(export_file.c.id)
    return [_export(row) for row in connection.execute(chosen)]


def is_wanted(connection: Connection, sha256: str) -> bool:
    """Say whether some export still holds a blob."""
    chosen = select(export_file.c.id).where(export_file.c.blob_sha256 == sha256).limit(1)
    return connection.execute(chosen).first() is not None


def consent_mark(connection: Connection, project_id: int) -> str:
    """Say what of a project was taken back so far: another mark, and something was since."""
    newest = terms_store.newest_withdrawal(connection, project_id)
    return f"{newest}/{len(store.load_withdrawn(connection, project_id))}"


def count_untold(connection: Connection, project_id: int) -> int:
    """Count withdrawals that the lists in the releases' folders do not know yet."""
    return int(connection.execute(_UNTOLD, {"project_id": project_id}).scalar_one())


def count_making(connection: Connection, project_id: int) -> int:
    """Count the exports of a project whose job waits or runs."""
    return int(connection.execute(_MAKING, {"project_id": project_id}).scalar_one())


def making_of(connection: Connection, export_id: str) -> Making | None:
    """Say how far the job of an export is."""
    row = connection.execute(_JOB, {"id": export_id}).one_or_none()
    return None if row is None else Making(row.state, row.done, row.total, row.error or "")


def _export(row: Any) -> ExportFile:  # noqa: ANN401  # a result row
    given = dict(row._mapping)
    left_out = tuple((reason, count) for reason, count in orjson.loads(given.pop("left_out")))
    options = orjson.loads(given.pop("options"))
    return ExportFile(**given, left_out=left_out, options=options)
