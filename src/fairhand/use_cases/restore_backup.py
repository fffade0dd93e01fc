"""Restore a backup into a new folder, and into an empty database where it was PostgreSQL."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from fairhand.core.errors import ConflictError, MalformedError, UnavailableError
from fairhand.core.settings import load_settings
from fairhand.proof.release import store as releases
from fairhand.storage import migrate
from fairhand.storage.backups import (
    BLOBS,
    FileLine,
    Manifest,
    Marks,
    listed_blobs,
    safely,
    staged,
    write_durably,
)
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.rehearsal import Shape, shape_of
from fairhand.storage.snapshots import restore_into, shown_url
from fairhand.use_cases.back_up import Report, marks_of
from fairhand.use_cases.rehearse_upgrade import must_hold, try_upgrade
from fairhand.use_cases.verify_backup import verify_backup


@dataclass(frozen=True, slots=True)
class RestoreBackup:
    """From where to where; `database_url` is needed when the backup is of PostgreSQL."""

    source: Path
    target: Path
    database_url: str = ""
    blob_url: str = ""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored; `upgraded_from` names the older revision it was at."""

    manifest: Manifest
    marks: Marks
    upgraded_from: str | None


def restore_backup(command: RestoreBackup, report: Report) -> Restored:
    """Restore a backup; the new workspace is there whole when this returns, and else not."""
    manifest, issues = verify_backup(command.source, report)
    if issues:
        raise MalformedError(
            "The backup is damaged: nothing was restored.", code="backup_damaged", issues=issues
        )
    _check_database(manifest, command)
    with staged(command.target, ("fairhand.toml", "fairhand.db")) as folder:
        for line in manifest.files:
            _copy(command.source, folder, line)
        _settle(folder, command)
        _bring_blobs(command, folder, report)
        url = command.database_url or f"sqlite:///{folder / 'fairhand.db'}"
        if manifest.engine == "postgresql":
            url = load_settings(folder, database_url=command.database_url).database_dsn
            restore_into(url, command.source / "fairhand.dump")
        report("Database", 1, 1)
        marks, older = _bring_up_to_date(url, folder, manifest)
        _move_releases(url, folder, command.target)
        for left in folder.glob("fairhand.db.gate"):
            left.unlink()
    return Restored(manifest, marks, older)


def _check_database(manifest: Manifest, command: RestoreBackup) -> None:
    if (manifest.engine == "postgresql") != bool(command.database_url):
        advice = (
            "This backup is of PostgreSQL: name an empty database with --database-url."
            if manifest.engine == "postgresql"
            else "This backup is of SQLite, which lies in the folder: leave --database-url out."
        )
        raise ConflictError(advice, code="wrong_engine")


def _copy(source: Path, folder: Path, line: FileLine) -> None:
    if line.path in ("blobs.txt", "fairhand.dump"):
        return
    target = folder / line.path
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with safely(), (source / line.path).open("rb") as file:
        write_durably(target, file)


def _settle(folder: Path, command: RestoreBackup) -> None:
    """Write where database and blobs are now; a password is never written down."""
    path = folder / "fairhand.toml"
    before = path.read_text("utf-8") if path.exists() else ""
    own = ("database_url", "blob_url", "workspace")
    kept = [line for line in before.splitlines() if line.split(" ", 1)[0] not in own]
    if command.database_url:
        kept.append(f"database_url = {json.dumps(shown_url(command.database_url))}")
    if command.blob_url:
        kept.append(f"blob_url = {json.dumps(command.blob_url)}")
    path.unlink(missing_ok=True)
    if kept:
        write_durably(path, [("\n".join(kept) + "\n").encode()])


def _bring_blobs(command: RestoreBackup, folder: Path, report: Report) -> None:
    places = list(listed_blobs(command.source))
    if command.blob_url:
        store = BlobStore(command.blob_url)
        for number, (sha256, _size) in enumerate(places):
            report("Files", number, len(places))
            store.put(command.source / BLOBS / sha256[:2] / sha256)
        return
    for number, (sha256, _size) in enumerate(places):
        report("Files", number, len(places))
        target = folder / BLOBS / sha256[:2] / sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        with (command.source / BLOBS / sha256[:2] / sha256).open("rb") as file:
            write_durably(target, file)
    report("Files", len(places), len(places))


def _bring_up_to_date(url: str, folder: Path, manifest: Manifest) -> tuple[Marks, str | None]:
    """Compare what was restored with what was backed up, then upgrade it, on a copy first."""
    database = Database(url, pool_size=2)
    try:
        older = None if migrate.current(database) == migrate.head() else manifest.revision
        if older is not None:
            _upgrade(database, folder)
        with database.read() as connection:
            marks = marks_of(connection)
        if marks != manifest.marks:
            raise UnavailableError(
                "What was restored is not what was backed up: its ledger or its log differs. "
                "Nothing was kept in the folder.",
                code="restore_differs",
            )
        return marks, older
    finally:
        database.close()


def _move_releases(url: str, folder: Path, target: Path) -> None:
    """Name the folders of releases where they are from now on.

    The rows name the folders of the workspace that was backed up: there, a withdrawal here would
    take files out of a release that is not ours.
    """
    database = Database(url, pool_size=1)
    try:
        with database.write() as connection:
            for release_id, directory in releases.list_directories(connection):
                _, found, rest = directory.rpartition("/releases/")
                if found and (folder / "releases" / rest).is_dir():
                    place = target.resolve() / "releases" / rest
                    releases.move(connection, release_id, str(place))
    finally:
        database.close()


def _upgrade(database: Database, folder: Path) -> None:
    with database.read() as connection:
        before = shape_of(connection)
    if database.is_sqlite:
        _rehearse(folder, before)
        migrate.upgrade(database)
    else:  # what was restored is a copy already: no need for one more
        must_hold(try_upgrade(database, before))


def _rehearse(folder: Path, before: Shape) -> None:
    trial = folder / "rehearsal"
    trial.mkdir()
    try:
        shutil.copyfile(folder / "fairhand.db", trial / "fairhand.db")
        copy = Database(f"sqlite:///{trial / 'fairhand.db'}", pool_size=2)
        try:
            must_hold(try_upgrade(copy, before))
        finally:
            copy.close()
    finally:
        shutil.rmtree(trial)
