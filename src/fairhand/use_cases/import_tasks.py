"""Raw data becomes tasks: streamed in chunks, each chunk one transaction, resumable after a kill.

A run remembers how many rows it has taken in; that number is written with each chunk, so a run
that is started again skips exactly what is in. Rows are found again by fingerprint, so importing
the same file twice adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, Issue, NotFoundError
from fairhand.model.project import Project
from fairhand.model.task import NewTask
from fairhand.proof.log import store as log
from fairhand.proof.log.archived import ARCHIVED
from fairhand.proof.release import origin_store as origins
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.expected_dose import doses_of
from fairhand.use_cases.keep_media import keep_media
from fairhand.work.foreign import store as foreign
from fairhand.work.gold import store as gold
from fairhand.work.media import store as media
from fairhand.work.projects import store
from fairhand.work.projects.store import ImportRun

CHUNK_ROWS = 1_000
CHUNK_IMAGES = 32
CHUNK_BYTES = 256 * 1024 * 1024
"""Of images and sounds that are held at once."""
ISSUES_KEPT = 1_000

OnProgress = Callable[[ImportRun], None]


@dataclass(frozen=True, slots=True)
class ImportTasks:
    """A run to carry on, and the rows of its source from the first one."""

    run_id: int
    rows: Iterable[NewTask | Issue]
    person_id: int


def start_import(db: Database, project_id: int, source: str, now: Instant) -> ImportRun:
    """Open an import run for a project."""
    with db.write() as connection:
        project = store.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        if project.archived_at is not None:
            raise ConflictError(ARCHIVED, code="archived")
        if project.mode == "closed":
            raise ForbiddenError("This project is finished; its tasks can no longer change.")
        run_id = store.start_import(connection, project_id, source, now)
        run = store.load_import(connection, run_id)
    assert run is not None, "just written"  # noqa: S101
    return run


def import_tasks(
    db: Database,
    blobs: BlobStore,
    command: ImportTasks,
    now: Instant,
    on_progress: OnProgress = lambda _run: None,
) -> ImportRun:
    """Take in every row that is not in yet; bad rows are kept as issues and the rest goes on."""
    run, project = load_run(db, command.run_id)
    rows = islice(command.rows, run.rows_read, None)
    for chunk in chunks_of(rows):
        run = take_chunk(db, blobs, project, run, chunk, command.person_id, now)
        on_progress(run)
    return finish_import(db, run, command.person_id, now)


def take_chunk(
    db: Database,
    blobs: BlobStore,
    project: Project,
    run: ImportRun,
    chunk: Sequence[NewTask | Issue],
    person_id: int,
    now: Instant,
    beside: Callable[[Connection], None] = lambda _connection: None,
) -> ImportRun:
    """Take in some rows, and write what goes with them `beside`, in one transaction."""
    tasks = [row for row in chunk if isinstance(row, NewTask)]
    issues = [row for row in chunk if isinstance(row, Issue)]
    kept = [keep_media(blobs, task) for task in tasks]
    with db.write() as connection:
        doses = doses_of(connection, project, [task.media for task in tasks], now)
        previews = [one.preview_sha256 for one in kept]
        added = store.add_tasks(connection, project, tasks, previews, now, doses)
        media.add_parts(connection, [part for one in kept for part in one.parts], now)
        _mark_gold(connection, project, tasks, person_id, now)
        _mark_generated(connection, project, tasks, person_id, now)
        _keep_foreign(connection, project, tasks, now)
        run = _counted(run, len(chunk), added, len(tasks), issues)
        store.save_import(connection, run)
        beside(connection)
    return run


def load_run(db: Database, run_id: int) -> tuple[ImportRun, Project]:
    """Load an import run and its project."""
    with db.read() as connection:
        run = store.load_import(connection, run_id)
        project = store.load_project(connection, run.project_id) if run else None
    if run is None or project is None:
        raise NotFoundError(f"There is no import {run_id}.")
    return run, project


def chunks_of(rows: Iterator[NewTask | Issue]) -> Iterator[list[NewTask | Issue]]:
    """Cut into chunks that fit in memory: many rows of text, few images."""
    chunk: list[NewTask | Issue] = []
    images = 0
    for row in rows:
        chunk.append(row)
        images += weight_of(row)
        if len(chunk) >= CHUNK_ROWS or images >= CHUNK_IMAGES:
            yield chunk
            chunk, images = [], 0
    if chunk:
        yield chunk


def weight_of(row: NewTask | Issue) -> int:
    """Say how many images a row counts for; a large file is a chunk's last."""
    if not isinstance(row, NewTask):
        return 0
    if row.media_file is not None:
        return CHUNK_IMAGES
    return 0 if row.media_bytes is None else 1 + len(row.media_bytes) * CHUNK_IMAGES // CHUNK_BYTES


def _mark_gold(
    connection: Connection, project: Project, tasks: list[NewTask], author_id: int, now: Instant
) -> None:
    """Remember known answers; a row that was imported before without one becomes gold now."""
    known = {task.fingerprint: task.gold for task in tasks if task.gold is not None}
    ids = gold.find_by_fingerprint(connection, project.id, sorted(known))
    found = {ids[key]: (one.value, one.explanation) for key, one in known.items()}
    gold.mark(connection, project.id, found, author_id, now)


def _mark_generated(
    connection: Connection, project: Project, tasks: list[NewTask], author_id: int, now: Instant
) -> None:
    """Remember what models generated; a row that was imported before is declared now."""
    known = {task.fingerprint: task.generated for task in tasks if task.generated is not None}
    if known:
        ids = gold.find_by_fingerprint(connection, project.id, sorted(known))
        found = {ids[key]: one for key, one in known.items()}
        origins.declare(connection, project.id, found, author_id, now)


def _keep_foreign(
    connection: Connection, project: Project, tasks: list[NewTask], now: Instant
) -> None:
    """Keep what another tool said of these tasks, so that it can go out as it came."""
    known = sorted(task.fingerprint for task in tasks if task.foreign is not None)
    if known:
        ids = gold.find_by_fingerprint(connection, project.id, known)
        foreign.keep_tasks(connection, project.id, tasks, ids, now)


def _counted(run: ImportRun, read: int, added: int, good: int, issues: list[Issue]) -> ImportRun:
    kept = [*run.issues, *(asdict(issue) for issue in issues)][:ISSUES_KEPT]
    rejected = sum(issue.severity == "error" for issue in issues)
    return replace(
        run,
        rows_read=run.rows_read + read,
        added=run.added + added,
        already_there=run.already_there + good - added,
        rejected=run.rejected + rejected,
        issues=kept,
    )


def finish_import(db: Database, run: ImportRun, person_id: int, now: Instant) -> ImportRun:
    """Close an import run, and write it into the log."""
    done = replace(run, state="done")
    with db.write() as connection:
        store.save_import(connection, done, ended_at=now)
        body = {
            "import": run.id,
            "project": run.project_id,
            "added": run.added,
            "already_there": run.already_there,
            "rejected": run.rejected,
        }
        if generated := origins.count_generated(connection, run.project_id):
            body["generated_in_project"] = generated
        log.append(connection, "tasks.imported", body, now, person_id, run.project_id)
    return done
