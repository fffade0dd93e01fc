"""Files from elsewhere become tasks: fetched some at a time, each remembered with what it became.

What was met is written in the transaction of its tasks. So an import that was cut off goes on
where it stopped, two at once add nothing twice, and one that is asked for again takes what is new.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from fairhand.core.clock import Clock
from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.lone_file import (
    is_media,
    is_text,
    read_beside,
    read_media,
    read_table,
    read_text,
)
from fairhand.formats.options import ReadOptions
from fairhand.model.elsewhere import TOO_LARGE, ElsewhereError, Fetched, Found, Hop, Place
from fairhand.model.project import Project
from fairhand.model.task import NewTask
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.import_tasks import (
    CHUNK_IMAGES,
    CHUNK_ROWS,
    ISSUES_KEPT,
    chunks_of,
    finish_import,
    load_run,
    take_chunk,
    weight_of,
)
from fairhand.work.elsewhere import store
from fairhand.work.elsewhere.rules import Met, fate_of, matcher
from fairhand.work.elsewhere.store import Noted
from fairhand.work.projects.store import ImportRun

_AT_ONCE: Final = 8
_BATCH: Final = 32
_BATCH_BYTES: Final = 64 * 1024 * 1024
_UNKNOWN_BYTES: Final = 8 * 1024 * 1024
_IN_A_ROW: Final = 20
_OF_THE_PLACE: Final[frozenset[Hop]] = frozenset(("credentials", "bucket", "settings"))
_CHANGED: Final = "has changed since it was taken in; its task stays as it was"


@dataclass(frozen=True, slots=True)
class ImportFrom:
    """A run to carry on: which files of which source, and how they are read.

    With `takes_changed` a file that is not what it was is read again, and what is new in it added.
    """

    run_id: int
    person_id: int
    source: str
    pattern: str
    options: ReadOptions
    max_bytes: int
    takes_changed: bool = False


OnProgress = Callable[[int, ImportRun], None]


@dataclass(slots=True)
class _Work:
    """An import at work; `seen` counts the files that were looked at.

    `known` and `late` are what is told of files that were met in earlier imports: at the end, so
    that an import which goes on after it was cut off counts them once.
    """

    db: Database
    blobs: BlobStore
    command: ImportFrom
    place: Place
    clock: Clock
    project: Project
    run: ImportRun
    seen: int = 0
    failed_in_a_row: int = 0
    known: int = 0
    late: list[Issue] = field(default_factory=list)
    rows: list[NewTask | Issue] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)


def import_from(
    db: Database,
    blobs: BlobStore,
    command: ImportFrom,
    place: Place,
    found: Iterable[Found | Issue],
    clock: Clock,
    on_progress: OnProgress = lambda _seen, _run: None,
) -> ImportRun:
    """Take in every file that is meant and not in yet; what cannot be read is noted, and the rest
    goes on.

    Raises ElsewhereError when the place itself fails; what is in by then stays in.
    """
    run, project = load_run(db, command.run_id)
    work = _Work(db, blobs, command, place, clock, project, run)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch") as pool:
        for batch in _batches(found):
            work.late += [one for one in batch if isinstance(one, Issue)]
            wanted = _wanted(work, [one for one in batch if isinstance(one, Found)])
            _take_all(work, pool, wanted)
            _flush(work)
            work.seen += len(batch)
            del work.late[ISSUES_KEPT:]
            on_progress(work.seen, work.run)
    work.rows += work.late
    _flush(work)
    work.run = replace(work.run, already_there=work.run.already_there + work.known)
    return finish_import(db, work.run, command.person_id, clock())


def _take_all(
    work: _Work, pool: ThreadPoolExecutor, wanted: list[tuple[Found, Met | None]]
) -> None:
    """Fetch some files at once and take them in by their order."""
    coming = deque(pool.submit(_fetched, work, one) for one, _ in wanted)
    try:
        for one, met in wanted:
            _take(work, one, met, coming.popleft().result())
    finally:
        for late in coming:
            late.cancel()
            late.add_done_callback(_forget)


def _forget(late: Future[Fetched | ElsewhereError]) -> None:
    """Close what came when nobody wanted it any more."""
    if not late.cancelled() and late.exception() is None:
        got = late.result()
        if isinstance(got, Fetched):
            got.file.close()


def _batches(found: Iterable[Found | Issue]) -> Iterator[list[Found | Issue]]:
    """Cut into pieces that fit on the disk and in memory, by the sizes that are listed."""
    batch: list[Found | Issue] = []
    weight = 0
    for one in found:
        batch.append(one)
        if isinstance(one, Found):
            weight += one.size if one.version else _UNKNOWN_BYTES
        if len(batch) >= _BATCH or weight >= _BATCH_BYTES:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _wanted(work: _Work, batch: list[Found]) -> list[tuple[Found, Met | None]]:
    """Leave out what is in already, and what is not meant."""
    command = work.command
    with work.db.read() as connection:
        known = store.find_met(
            connection, work.project.id, command.source, [one.key_hash for one in batch]
        )
    fits, wanted = matcher(command.pattern), []
    for one in batch:
        met = known.get(one.key_hash)
        here = met is not None and met.import_id == work.run.id
        fate = fate_of(
            one, met, fits, command.max_bytes, takes_changed=command.takes_changed and not here
        )
        if fate == "new" or (fate == "again" and not (here and met and met.state == "failed")):
            wanted.append((one, met))
        elif fate == "changed" and not here:
            if command.takes_changed or (met and met.state == "refused"):
                wanted.append((one, None))
            else:
                work.late.append(Issue(one.shown, _CHANGED, "warning"))
        elif fate == "too_large":
            _refuse(work, one, one.version, f"is larger than {command.max_bytes} bytes")
        elif fate == "known" and met is not None and not here:
            work.known += met.tasks
        elif fate == "refused" and met is not None and not here:
            work.late.append(Issue(one.shown, f"{met.reason} (refused before)", "warning"))
    return wanted


def _fetched(work: _Work, one: Found) -> Fetched | ElsewhereError:
    try:
        return work.place.fetch(one.key, work.command.max_bytes)
    except ElsewhereError as error:
        return error


def _take(work: _Work, one: Found, met: Met | None, got: Fetched | ElsewhereError) -> None:
    if isinstance(got, ElsewhereError):
        _failed(work, one, got)
        return
    work.failed_in_a_row = 0
    keeps_open = False
    try:
        if one.row is None and not is_text(one.key) and not is_media(got.file):
            _flush(work)
            _take_table(work, one, met, got)
            return
        rows = list(_lone(one, got, work.command.options))
        keeps_open = any(isinstance(row, NewTask) and row.media_file for row in rows)
    except MalformedError as error:
        _refuse(work, one, got.version, error.message)
        return
    finally:
        if not keeps_open:
            got.file.close()
    if wrong := next((row for row in rows if isinstance(row, Issue) and _is_error(row)), None):
        _refuse(work, one, got.version, wrong.message)
        return
    work.rows += rows
    tasks = sum(isinstance(row, NewTask) for row in rows)
    work.noted.append(Noted(one, got.version, "taken", tasks=tasks))
    if sum(map(weight_of, work.rows)) >= CHUNK_IMAGES or len(work.rows) >= CHUNK_ROWS:
        _flush(work)


def _lone(one: Found, got: Fetched, options: ReadOptions) -> Iterator[NewTask | Issue]:
    """Read a file that is one task."""
    if one.row is not None:
        return read_beside(got.file, one.shown, one.row, one.column, options)
    if is_text(one.key) and not is_media(got.file):
        return read_text(got.file, one.shown, options)
    return read_media(got.file, one.shown, options)


def _take_table(work: _Work, one: Found, met: Met | None, got: Fetched) -> None:
    """Read the rows of a table, a thousand at a time; each piece is remembered with how far."""
    begun = met is not None and met.state == "begun" and met.version == got.version
    done = met.tasks if begun and met is not None and met.import_id == work.run.id else 0
    with closing(got.file):
        rows = islice(read_table(got.file, one.shown, work.command.options), done, None)
        try:
            for chunk in chunks_of(rows):
                done += len(chunk)
                work.rows += chunk
                work.noted.append(Noted(one, got.version, "begun", tasks=done))
                _flush(work)
        except MalformedError as error:
            _refuse(work, one, got.version, error.message)
            return
    work.noted.append(Noted(one, got.version, "taken", tasks=done))


def _refuse(work: _Work, one: Found, version: str, reason: str) -> None:
    """Note a file that is not fit to be a task; it is not fetched again as it is."""
    work.rows.append(Issue(one.shown, reason))
    work.noted.append(Noted(one, version, "refused", reason))


def _failed(work: _Work, one: Found, error: ElsewhereError) -> None:
    """Note a file that could not be had; when the place itself fails, give up."""
    if error.code == TOO_LARGE:
        _refuse(work, one, one.version, error.message)
        return
    work.failed_in_a_row += 1
    listed = bool(one.version)
    if listed and (error.hop in _OF_THE_PLACE or work.failed_in_a_row >= _IN_A_ROW):
        _flush(work)
        raise error
    work.rows.append(Issue(one.shown, error.message))
    work.noted.append(Noted(one, one.version, "failed", error.message))


def _flush(work: _Work) -> None:
    """Write what is waiting: tasks, issues, and what became of their files."""
    if not work.rows and not work.noted:
        return
    noted, now = list(work.noted), work.clock()
    run, project, source = work.run, work.project, work.command.source

    def beside(connection: Connection) -> None:
        store.note_met(connection, project.id, source, run.id, noted, now)

    work.run = take_chunk(
        work.db, work.blobs, project, run, work.rows, work.command.person_id, now, beside
    )
    work.rows, work.noted = [], []


def _is_error(row: Issue) -> bool:
    return row.severity == "error"
