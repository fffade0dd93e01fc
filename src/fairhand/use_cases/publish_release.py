"""A release is published: written from one snapshot, put into the log, proven, put in place.

It can be run as one call or as two steps of a durable job (`begin_release` in the transaction that
notes the step, then `finish_release`). Killed at any instant, it is taken up where it was: a draft
is written anew, a release whose event is in the log is put in place with the proof it is owed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import orjson

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.ids import pseudonym
from fairhand.model.project import Project, ProjectVersion
from fairhand.pay.earnings import store as earnings
from fairhand.proof.log import store as log
from fairhand.proof.log.note import Signer
from fairhand.proof.release import store
from fairhand.proof.release.card import UNSTATED
from fairhand.proof.release.log_file import EVENT_KIND, dump_log
from fairhand.proof.release.rules import (
    Agreement,
    PersonPay,
    ReleaseFacts,
    is_simulated,
    minutes,
    pay_facts,
)
from fairhand.proof.release.source import ReleaseSource
from fairhand.proof.release.writer import (
    WrittenRelease,
    holds,
    only_writer,
    place_release,
    write_release,
)
from fairhand.quality import store as quality
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class PublishRelease:
    """What to publish and where; `directory` must not exist yet."""

    project_id: int
    directory: Path
    published_by: int | None = None
    licence: str = UNSTATED
    media: Literal["hashes", "copy"] = "hashes"


@dataclass(frozen=True, slots=True)
class PublishedRelease:
    """A release in its place."""

    release_id: int
    version: int
    directory: Path
    manifest_sha256: str
    stats: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Press:
    """What printing needs beside the database: blobs, the log's key, the pseudonyms' secret."""

    blobs: BlobStore
    signer: Signer
    secret: bytes
    progress: Progress = lambda done: None


def publish_release(
    db: Database, command: PublishRelease, now: Instant, press: Press
) -> PublishedRelease:
    """Publish the next version of a project, or finish the one that was cut off.

    Raises ConflictError when there is nothing to release, the directory is taken, or another
    process is at it; UnavailableError when the disk is full. Nothing is ever half in place.
    """
    release_id = begin_release(db, command, now)
    return finish_release(db, release_id, command, now, press)


def begin_release(db: Database, command: PublishRelease, now: Instant) -> int:
    """Reserve the next version of the project, or find the one that was begun."""
    with db.write() as connection:
        if projects.lock_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        begun = store.find_unfinished(connection, command.project_id)
        if begun is not None and begun.state == "logged":
            return begun.id
        if command.directory.exists():
            raise ConflictError(
                f"There is something in {command.directory} already; name another directory.",
                code="directory_taken",
            )
        place = str(command.directory.absolute())
        if begun is not None:
            store.set_state(connection, begun.id, "writing", directory=place, created_at=now)
            return begun.id
        version = store.next_version(connection, command.project_id)
        return store.add_release(connection, command.project_id, version, place, now)


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
                written = _write(db, begun, command, draft, press)
                begun = _log(db, begun, written, command, now)
            _prove_and_place(db, begun, draft, final, press, now)
    begun = _load(db, release_id)
    return PublishedRelease(
        begun.id, begun.version, final, begun.manifest_sha256 or "", begun.stats or {}
    )


def _write(
    db: Database, begun: store.StoredRelease, command: PublishRelease, draft: Path, press: Press
) -> WrittenRelease:
    """Write the draft from one snapshot; nobody is held up."""
    with db.read() as connection:
        store.pin_snapshot(connection)
        project = projects.load_project(connection, begun.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {begun.project_id}.")
        version = version_of(db, connection, project.id, project.version)
        withdrawn = store.load_withdrawn(connection, project.id)

        @lru_cache(maxsize=100_000)
        def name_of(person_id: int) -> str:
            return pseudonym(press.secret, project.id, person_id)

        source = ReleaseSource(
            lambda: store.iter_sheets(connection, project.id),
            version.questions,
            project.mode,
            name_of,
            withdrawn,
        )
        facts = _facts(connection, begun, command, project, version, press.signer)
        people = _paid_people(connection, project, name_of, withdrawn)
        facts = replace(
            facts,
            pay=pay_facts(project.currency, people),
            paid_minutes={one.contributor: minutes(one.paid_ms) for one in people},
        )
        media = None
        if command.media == "copy":
            media = lambda sha256: press.blobs.stream(sha256, check=True)  # noqa: E731
        return write_release(
            draft, facts, source.rows(), source.annotations(), media, source.gaps, press.progress
        )


def _facts(
    connection: Connection,
    begun: store.StoredRelease,
    command: PublishRelease,
    project: Project,
    version: ProjectVersion,
    signer: Signer,
) -> ReleaseFacts:
    return ReleaseFacts(
        project_id=project.id,
        slug=project.slug,
        title=project.title,
        purpose=project.purpose,
        mode=project.mode,
        version=begun.version,
        created_at=iso(begun.created_at),
        licence=command.licence,
        questions=version.questions,
        agreement=tuple(_agreement(connection, version)),
        log_origin=signer.name,
        log_vkey=signer.verifier.vkey,
        media_copied=command.media == "copy",
    )


def _agreement(connection: Connection, version: ProjectVersion) -> list[Agreement]:
    report = quality.load_report(connection, version.project_id, version.questions)
    found = []
    for one in report.questions:
        alpha = one.alpha
        if alpha is None:
            reason = "no measure beyond chance for this kind yet; see the mean confidence"
            found.append(Agreement(one.question, None, None, None, "", reason))
            continue
        reason = "" if alpha.value is not None else "too few answers to tell it from chance"
        measure = "Krippendorff's alpha (nominal)"
        values = (alpha.value, alpha.low, alpha.high)
        found.append(Agreement(one.question, *values, measure, reason))
    return found


def _paid_people(
    connection: Connection,
    project: Project,
    name_of: Callable[[int], str],
    withdrawn: frozenset[int],
) -> list[PersonPay]:
    """What people earned, by pseudonym; who withdrew is in no later release, paid as they are."""
    return sorted(
        (
            PersonPay(name_of(one.person_id), one.paid_ms, one.amount_micros, one.floor_micros)
            for one in earnings.pay_facts(connection, project.id)
            if one.person_id not in withdrawn
        ),
        key=lambda one: one.contributor,
    )


def _log(
    db: Database,
    begun: store.StoredRelease,
    written: WrittenRelease,
    command: PublishRelease,
    now: Instant,
) -> store.StoredRelease:
    """Put the manifest's hash into the log: from here on the release is a fact."""
    with db.write() as connection:
        facts = written.facts
        body = {
            "project": begun.project_id,
            "version": begun.version,
            "mode": facts.mode,
            "manifest_sha256": written.manifest_sha256,
            "rows": written.stats.rows,
            "annotations": written.stats.annotations,
            "simulated": is_simulated(facts, written.stats),
        }
        event = log.append(
            connection, EVENT_KIND, body, now, command.published_by, begun.project_id
        )
        stats = orjson.dumps(
            {
                **body,
                "tasks": written.stats.tasks,
                "people": len(written.stats.people),
                "assisted_annotations": written.stats.assisted_annotations,
                "simulated_annotations": written.stats.simulated_annotations,
                "files": written.files,
                "bytes": written.bytes,
            }
        ).decode()
        changes = {"manifest_sha256": written.manifest_sha256, "event_id": event.id}
        store.set_state(connection, begun.id, "logged", stats=stats, **changes)
    return _load(db, begun.id)


def _prove_and_place(
    db: Database,
    begun: store.StoredRelease,
    draft: Path,
    final: Path,
    press: Press,
    now: Instant,
) -> None:
    manifest_sha256 = begun.manifest_sha256 or ""
    if not holds(draft, manifest_sha256) and not holds(final, manifest_sha256):
        with db.write() as connection:
            store.set_state(connection, begun.id, "lost")
        raise ConflictError(
            f"The files of version {begun.version} were removed before they were in place. "
            "Publish again to make a new version.",
            code="release_lost",
        )
    seal_log(db, press.signer, now)
    with db.read() as connection:
        receipt = log.load_proof(connection, begun.event_id or 0)
    if receipt is None:
        raise ConflictError("The log was not sealed yet; try again.", code="not_sealed")
    place_release(draft, final, dump_log(receipt, press.signer.verifier))
    with db.write() as connection:
        store.set_state(connection, begun.id, "published")


def _load(db: Database, release_id: int) -> store.StoredRelease:
    with db.read() as connection:
        found = store.load_release(connection, release_id)
    if found is None:
        raise NotFoundError(f"There is no release {release_id}.")
    return found
