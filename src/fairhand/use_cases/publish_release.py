"""A release is published: written from one snapshot, put into the log, proven, put in place.

It can be run as one call or as two steps of a durable job (`begin_release` in the transaction that
notes the step, then `finish_release`). Killed at any instant, it is taken up where it was: a draft
is written anew, a release whose event is in the log is put in place with the proof it is owed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from secrets import SystemRandom
from typing import Any, Final, Literal

import orjson

from fairhand.compute.engines import Engine, check_engine, started
from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.core.errors import (
    ConflictError,
    FairhandError,
    InvalidError,
    Issue,
    NotFoundError,
    UnavailableError,
)
from fairhand.core.ids import pseudonym
from fairhand.model.project import Project
from fairhand.proof.licensing import mark_store
from fairhand.proof.log import store as log
from fairhand.proof.log.key_store import list_handovers
from fairhand.proof.log.note import Signer
from fairhand.proof.release import store, terms_store
from fairhand.proof.release.card import UNSTATED
from fairhand.proof.release.clear import clear_folder
from fairhand.proof.release.folder import holds, is_free, only_writer, place_release
from fairhand.proof.release.guard import parse_bounds
from fairhand.proof.release.log_file import EVENT_KIND, dump_log
from fairhand.proof.release.manifest import MANIFEST, parse_manifest
from fairhand.proof.release.media import Credentials
from fairhand.proof.release.notes import parse_notes
from fairhand.proof.release.rules import OwnDataFacts, ReleaseFacts, is_simulated
from fairhand.proof.release.source import ReleaseSource, TaskSheet
from fairhand.proof.release.split_counts import planned_facts
from fairhand.proof.release.splits import parse_splits
from fairhand.proof.release.statement import dump_statement
from fairhand.proof.release.writer import WrittenRelease, write_release
from fairhand.proof.revocation import store as revocations
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.guard_release import Asked, guard_event, guard_release, is_enforced
from fairhand.use_cases.label_history import refuse_while_retold, retold
from fairhand.use_cases.mark_release import mark_release
from fairhand.use_cases.read_reviews import refuse_while_open
from fairhand.use_cases.release_facts import gather_facts
from fairhand.use_cases.release_likeness import MEASURE
from fairhand.use_cases.release_permits import (
    USUAL_DAYS,
    AskedTerms,
    Permits,
    own_campaign,
    settle_terms,
)
from fairhand.use_cases.release_pieces import PiecedRows, Terms
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.split_release import split_release
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects

EMBEDDED: Final = "embedded"

_ITEMS_AT_ONCE: Final = 10_000
_MOST_ATTEMPTS: Final = 5
"""Times that a release is written anew while people take back what is in it."""


@dataclass(frozen=True, slots=True)
class PublishRelease:
    """What to publish and where: `directory`, or a numbered folder of the press."""

    project_id: int
    directory: Path | None = None
    published_by: int | None = None
    licence: str = UNSTATED
    media: Literal["hashes", "copy"] = "hashes"
    # What the release of a campaign is for; see `release_permits.AskedTerms`.
    purposes: Sequence[str] = ()
    territory: Sequence[str] = ()
    days: int = USUAL_DAYS
    recipient: str = ""
    supersedes: int | None = None
    # Bounds of the synthetic-data guard that differ from its defaults; see `guard.parse_bounds`.
    guard: Mapping[str, Any] = field(default_factory=dict)
    accept_warnings: bool = False
    # How rows are parted for training and evaluation, as `splits.parse_splits` reads it.
    splits: Mapping[str, Any] = field(default_factory=dict)
    # The owner's own words for the datasheet, by question of `notes.NOTES`.
    notes: Mapping[str, str] = field(default_factory=dict)


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
    # Who makes the rows: this process, or an engine of `compute.engines`. The bytes are the same.
    engine: str = EMBEDDED
    credentials: Callable[[], Credentials | None] = lambda: None  # who signs media, if anybody


@dataclass(frozen=True, slots=True)
class Written:
    """A draft, what was permitted in it, and the newest withdrawal that it knows of."""

    release: WrittenRelease
    permits: Permits | None
    newest_withdrawal: int
    withdrawn: frozenset[int]


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
    parse_bounds(command.guard)
    parse_splits(command.splits)
    parse_notes(command.notes)
    if press.engine != EMBEDDED:
        check_engine(press.engine)
    with db.write() as connection:
        project = projects.lock_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        for begun in store.list_unfinished(connection, project.id):
            if begun.directory == _place(command, press, project, begun.version):
                return begun.id
        refuse_while_open(connection, project.id)
        refuse_while_retold(connection, project.id)
        version = store.next_version(connection, project.id)
        place = _place(command, press, project, version)
        if not is_free(Path(place)):
            raise _taken(place)
        release_id = store.add_release(connection, project.id, version, place, now)
        if (campaign := own_campaign(connection, project.id)) is not None:
            terms = settle_terms(connection, campaign, _asked(command), now)
            _check_files(command, terms.purposes)
            terms_store.save_terms(connection, release_id, terms)
            mark_release(connection, project.id, command.recipient, SystemRandom(), now)
        return release_id


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
            begun = _write_and_log(db, begun, command, draft, press, now)
            begun = _prove_and_place(db, release_id, draft, final, press, now)
    return PublishedRelease(
        begun.id, begun.version, final, begun.manifest_sha256 or "", begun.stats or {}
    )


def _write_and_log(
    db: Database,
    begun: store.StoredRelease,
    command: PublishRelease,
    draft: Path,
    press: Press,
    now: Instant,
) -> store.StoredRelease:
    """Write and log a release; anew where somebody took something of it back meanwhile."""
    for _ in range(_MOST_ATTEMPTS):
        if begun.state != "writing":
            return begun
        if not is_free(Path(begun.directory)):
            _forget(db, begun)
            raise _taken(begun.directory)
        written = _write(db, begun, command, draft, press)
        if written is not None:
            _log(db, begun, written, command, press, now)
        begun = _load(db, begun.id)
    if begun.state == "writing":
        raise UnavailableError(
            f"While this was written, somebody took back what is in it, {_MOST_ATTEMPTS} times. "
            "Nothing was published; publish again when it is quieter.",
            code="taken_back_meanwhile",
        )
    return begun


def _write(
    db: Database, begun: store.StoredRelease, command: PublishRelease, draft: Path, press: Press
) -> Written | None:
    """Write the draft from one snapshot; a refusal gives the version number back.

    None where it fails and somebody took something back since, such as a file that was to be
    copied: then it is to be written anew.
    """
    newest = 0
    try:
        with _engine(press) as engine, db.read() as connection:
            store.pin_snapshot(connection)
            newest = terms_store.newest_withdrawal(connection, begun.project_id)
            return _write_snapshot(db, connection, begun, command, draft, press, engine)
    except FairhandError as error:
        with db.read() as connection:
            if terms_store.newest_withdrawal(connection, begun.project_id) != newest:
                return None
        if isinstance(error, UnavailableError):
            raise
        _forget(db, begun)
        raise


def _forget(db: Database, begun: store.StoredRelease) -> None:
    with db.write() as connection:
        terms_store.forget_terms(connection, begun.id)
        store.forget_unwritten(connection, begun.id)


def _taken(place: str) -> ConflictError:
    return ConflictError(
        f"There is something in {place} already; name another directory.", code="directory_taken"
    )


def _write_snapshot(
    db: Database,
    connection: Connection,
    begun: store.StoredRelease,
    command: PublishRelease,
    draft: Path,
    press: Press,
    engine: Engine | None,
) -> Written:
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
        notes=parse_notes(command.notes),
    )
    now_said = retold(connection, project_id)
    sheets = lambda: map(now_said, store.iter_sheets(connection, project_id))  # noqa: E731
    permits = _permits(connection, begun, press)
    if permits is not None:
        facts = replace(facts, own_data=_own_facts(permits, project, begun))
    own = None if permits is None else permits.own_data(version.questions)
    facts, split_of = _parted(command, facts, sheets, press)
    source = ReleaseSource(
        sheets, version.questions, project.mode, name_of, withdrawn, own, command.licence,
        split_of, measure=MEASURE,
    )  # fmt: skip
    pieced = None
    if engine is not None:
        terms = Terms(
            version.questions, project.mode, command.licence, None if own is None else own.questions
        )
        pieced = PiecedRows(engine, draft, sheets, terms, name_of, withdrawn, split_of, own)
    made = pieced or source
    read_media = (lambda sha256: press.blobs.stream(sha256, check=True)) if copied else None
    guard, asked = guard_release(connection, begun, facts, name_of, withdrawn), _guard(command)
    written = write_release(
        draft,
        facts,
        guard.rows(made.rows()),
        guard.annotations(made.annotations()),
        read_media,
        made.gaps,
        press.progress,
        None if permits is None else permits.lines(source.items(), name_of),
        lambda: guard.settle(asked, enforced=is_enforced(facts)),
        (facts.splits or {}).get("names", ()),
        None if engine is None else engine.map,
        press.credentials() if copied else None,
    )
    newest = terms_store.newest_withdrawal(connection, project_id)
    return Written(written, permits, newest, withdrawn)


def _engine(press: Press) -> AbstractContextManager[Engine | None]:
    return nullcontext() if press.engine == EMBEDDED else started(press.engine)


def _parted(
    command: PublishRelease,
    facts: ReleaseFacts,
    sheets: Callable[[], Iterable[TaskSheet]],
    press: Press,
) -> tuple[ReleaseFacts, Callable[[int], str | None]]:
    """Say which split each task is in, and how that came about; None: it is not parted."""
    plan = parse_splits(command.splits)
    if plan is None:
        return facts, lambda task_id: None
    made = split_release(sheets, plan, facts.questions, press.blobs)
    return replace(facts, splits=planned_facts(plan, made)), made.split_of.get


def _permits(connection: Connection, begun: store.StoredRelease, press: Press) -> Permits | None:
    campaign = own_campaign(connection, begun.project_id)
    terms = terms_store.load_terms(connection, begun.id)
    if campaign is None or terms is None:
        return None
    left_out = mark_store.left_out(connection, begun.project_id, terms.recipient)
    return Permits(connection, campaign, terms, begun, press.secret, left_out)


def _own_facts(permits: Permits, project: Project, begun: store.StoredRelease) -> OwnDataFacts:
    target = f"urn:fairhand:{project.slug}:v{begun.version}"
    return permits.facts(f"/releases/{begun.id}/revocations", target, project.title)


def _guard(command: PublishRelease) -> Asked:
    return Asked(parse_bounds(command.guard), command.accept_warnings)


def _asked(command: PublishRelease) -> AskedTerms:
    return AskedTerms(
        command.purposes, command.territory, command.days, command.recipient, command.supersedes
    )


def _log(
    db: Database,
    begun: store.StoredRelease,
    made: Written,
    command: PublishRelease,
    press: Press,
    now: Instant,
) -> None:
    """Put the manifest's hash into the log: from here on the release is a fact.

    Where somebody took back something of it while it was written, nothing happens: it is written
    anew. What others took back is nothing to it.
    """
    written = made.release
    stats = written.stats
    body = {
        "project": begun.project_id,
        "version": begun.version,
        "mode": written.facts.mode,
        "manifest_sha256": written.manifest_sha256,
        "annotations_root": (written.facts.roots or {})["annotations"]["root"],
        "tasks": stats.tasks,
        "rows": stats.rows,
        "annotations": stats.annotations,
        "assisted_annotations": stats.assisted_annotations,
        "simulated_annotations": stats.simulated_annotations,
        "simulated": is_simulated(stats),
        **guard_event(written.facts, _guard(command).bounds),
    }
    more = {"people": len(stats.people), "files": written.files, "bytes": written.bytes}
    with db.write() as connection:
        if made.permits is None and _has_left(connection, begun, made, press):
            return
        if made.permits is not None:
            entered, newest = made.permits.numbers, made.newest_withdrawal
            if terms_store.is_touched(connection, begun.project_id, newest, entered):
                return
            for some in chunks(made.permits.named(), _ITEMS_AT_ONCE):
                terms_store.add_items(connection, begun.id, some)
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


def _has_left(
    connection: Connection, begun: store.StoredRelease, made: Written, press: Press
) -> bool:
    """Say whether somebody in a release took back their agreement while it was written."""
    gone = store.load_withdrawn(connection, begun.project_id) - made.withdrawn
    within = {one.contributor for one in made.release.stats.people}
    return any(pseudonym(press.secret, begun.project_id, one) in within for one in gone)


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
    if not is_free(final) and not holds(final, manifest_sha256):
        raise _taken(str(final))  # in the log already: it goes on once the place is free
    seal_log(db, press.signer, now)
    with db.read() as connection:
        receipt = log.load_proof(connection, event_id)
    if receipt is None:
        raise UnavailableError("The log is not sealed yet; try again in a moment.")
    place_release(
        draft,
        final,
        dump_log(receipt, press.signer.verifier),
        _stated(draft, manifest_sha256, press),
    )
    _clear(db, press, release_id, final)
    with db.write() as connection:
        store.set_state(connection, release_id, "published")
    return _load(db, release_id)


def _stated(draft: Path, manifest_sha256: str, press: Press) -> bytes | None:
    """Sign what the draft's manifest lists; None: the release is in its place already."""
    path = draft / MANIFEST
    if not path.is_file():
        return None
    return dump_statement(parse_manifest(path.read_bytes()), manifest_sha256, press.signer)


def _check_files(command: PublishRelease, purposes: Sequence[str]) -> None:
    """Let files leave the house only where people permitted that."""
    if command.media == "copy" and command.recipient and "raw_release" not in purposes:
        message = "Files go to others only for the purpose raw_release; release hashes instead."
        raise InvalidError(message, issues=[Issue("media", message)])


def _clear(db: Database, press: Press, release_id: int, final: Path) -> None:
    """Take out what left the release after it was logged and before it was in its place."""
    with db.read() as connection:
        newest = revocations.newest_list(connection, release_id)
        handovers = list_handovers(connection)
    if newest is not None:
        file = press.blobs.get(newest.blob_sha256)
        clear_folder(final, file, newest.note, handovers)


def _place(command: PublishRelease, press: Press, project: Project, version: int) -> str:
    folder = command.directory or press.folder / project.slug / f"v{version}"
    return str(folder.absolute())


def _load(db: Database, release_id: int) -> store.StoredRelease:
    with db.read() as connection:
        found = store.load_release(connection, release_id)
    if found is None:
        raise NotFoundError(f"There is no release {release_id}.")
    return found
