"""A release is published: written from one snapshot, put into the log, proven, put in place.

It can be run as one call or as two steps of a durable job (`begin_release` in the transaction that
notes the step, then `finish_release`). Killed at any instant, it is taken up where it was: a draft
is written anew, a release whose event is in the log is put in place with the proof it is owed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, FairhandError, NotFoundError, UnavailableError
from fairhand.core.ids import pseudonym
from fairhand.model.project import Project
from fairhand.proof.log import store as log
from fairhand.proof.log.note import Signer
from fairhand.proof.release import store
from fairhand.proof.release.card import UNSTATED
from fairhand.proof.release.folder import holds, is_free, only_writer, place_release
from fairhand.proof.release.log_file import EVENT_KIND, dump_log
from fairhand.proof.release.rules import is_simulated
from fairhand.proof.release.source import ReleaseSource
from fairhand.proof.release.writer import WrittenRelease, write_release
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.release_facts import gather_facts
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class PublishRelease:
    """What to publish and where: `directory`, or a numbered folder of the press."""

    project_id: int
    directory: Path | None = None
    published_by: int | None = None
    licence: str = UNSTATED
    media: Literal["hashes", "copy"] = "hashes"


@dataclass(frozen=True, slots=True)
class PublishedRelease:
    """A release in its place; `stats` are the counts that its log event states, and more."""

    release_id: int
    version: int
    directory: Path
    manifest_sha256: str
    stats: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Press:
    """What printing needs beside the database; `folder` is where unnamed releases go."""

    folder: Path
    blobs: BlobStore
    signer: Signer
    secret: bytes
    progress: Callable[[int], None] = lambda done: None


def publish_release(
    db: Database, command: PublishRelease, now: Instant, press: Press
) -> PublishedRelease:
    """Publish the next version of a project, or finish the one that was cut off.

    Raises ConflictError when there is nothing to release, the directory is taken, or another
    process is at it; UnavailableError when the disk is full. Nothing is ever half in place.
    """
    release_id = begin_release(db, command, now, press)
    return finish_release(db, release_id, command, now, press)


def begin_release(db: Database, command: PublishRelease, now: Instant, press: Press) -> int:
    """Reserve the next version, or find the one that was begun for the same place."""
    with db.write() as connection:
        project = projects.lock_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        for begun in store.list_unfinished(connection, project.id):
            if begun.directory == _place(command, press, project, begun.version):
                return begun.id
        version = store.next_version(connection, project.id)
        place = _place(command, press, project, version)
        if not is_free(Path(place)):
            raise ConflictError(
                f"There is something in {place} already; name another directory.",
                code="directory_taken",
            )
        return store.add_release(connection, project.id, version, place, now)


def finish_release(
    db: Database, release_id: int, command: PublishRelease, now: Instant, press: Press
) -> PublishedRelease:
    """Write, log, prove and place a release that was begun; doing it again does nothing."""
    begun = _load(db, release_id)
    final = Path(begun.directory)
    draft = final.with_name(f".{final.name}.draft")
    if begun.state != "published":
        with only_writer(draft):
            begun = _load(db, release_id)
            if begun.state == "writing":
                _log(db, begun, _write(db, begun, command, draft, press), command, now)
            begun = _prove_and_place(db, release_id, draft, final, press, now)
    return PublishedRelease(
        begun.id, begun.version, final, begun.manifest_sha256 or "", begun.stats or {}
    )


def _write(
    db: Database, begun: store.StoredRelease, command: PublishRelease, draft: Path, press: Press
) -> WrittenRelease:
    """Write the draft from one snapshot; a refusal gives the version number back."""
    try:
        with db.read() as connection:
            store.pin_snapshot(connection)
            return _write_snapshot(db, connection, begun, command, draft, press)
    except UnavailableError:
        raise
    except FairhandError:
        with db.write() as connection:
            store.forget_unwritten(connection, begun.id)
        raise


def _write_snapshot(
    db: Database,
    connection: Connection,
    begun: store.StoredRelease,
    command: PublishRelease,
    draft: Path,
    press: Press,
) -> WrittenRelease:
    project = projects.load_project(connection, begun.project_id)
    if project is None:
        raise NotFoundError(f"There is no project {begun.project_id}.")
    project_id, copied = project.id, command.media == "copy"
    version = version_of(db, connection, project_id, project.version)
    withdrawn = store.load_withdrawn(connection, project_id)
    name_of = lru_cache(maxsize=100_000)(
        lambda person_id: pseudonym(press.secret, project_id, person_id)
    )
    facts = gather_facts(
        connection,
        project,
        version,
        begun,
        name_of=name_of,
        withdrawn=withdrawn,
        licence=command.licence,
        media_copied=copied,
        log_key=press.signer.verifier,
    )
    sheets = lambda: store.iter_sheets(connection, project_id)  # noqa: E731
    source = ReleaseSource(sheets, version.questions, project.mode, name_of, withdrawn)
    read_media = (lambda sha256: press.blobs.stream(sha256, check=True)) if copied else None
    return write_release(
        draft, facts, source.rows(), source.annotations(), read_media, source.gaps, press.progress
    )


def _log(
    db: Database,
    begun: store.StoredRelease,
    written: WrittenRelease,
    command: PublishRelease,
    now: Instant,
) -> None:
    """Put the manifest's hash into the log: from here on the release is a fact."""
    stats = written.stats
    body = {
        "project": begun.project_id,
        "version": begun.version,
        "mode": written.facts.mode,
        "manifest_sha256": written.manifest_sha256,
        "tasks": stats.tasks,
        "rows": stats.rows,
        "annotations": stats.annotations,
        "assisted_annotations": stats.assisted_annotations,
        "simulated_annotations": stats.simulated_annotations,
        "simulated": is_simulated(stats),
    }
    more = {"people": len(stats.people), "files": written.files, "bytes": written.bytes}
    with db.write() as connection:
        event = log.append(
            connection, EVENT_KIND, body, now, command.published_by, begun.project_id
        )
        store.set_logged(
            connection,
            begun.id,
            event.id,
            written.manifest_sha256,
            orjson.dumps({**body, **more}).decode(),
        )


def _prove_and_place(
    db: Database, release_id: int, draft: Path, final: Path, press: Press, now: Instant
) -> store.StoredRelease:
    """Seal the log, add the release's proof and put the folder in place."""
    logged = _load(db, release_id)
    manifest_sha256, event_id = logged.manifest_sha256 or "", logged.event_id or 0
    if not holds(draft, manifest_sha256) and not holds(final, manifest_sha256):
        with db.write() as connection:
            store.set_state(connection, release_id, "lost")
        raise ConflictError(
            f"The files of version {logged.version} were removed before they were in place. "
            "Publish again to make a new version.",
            code="release_lost",
        )
    seal_log(db, press.signer, now)
    with db.read() as connection:
        receipt = log.load_proof(connection, event_id)
    if receipt is None:
        raise UnavailableError("The log is not sealed yet; try again in a moment.")
    place_release(draft, final, dump_log(receipt, press.signer.verifier))
    with db.write() as connection:
        store.set_state(connection, release_id, "published")
    return _load(db, release_id)


def _place(command: PublishRelease, press: Press, project: Project, version: int) -> str:
    folder = command.directory or press.folder / project.slug / f"v{version}"
    return str(folder.absolute())


def _load(db: Database, release_id: int) -> store.StoredRelease:
    with db.read() as connection:
        found = store.load_release(connection, release_id)
    if found is None:
        raise NotFoundError(f"There is no release {release_id}.")
    return found
