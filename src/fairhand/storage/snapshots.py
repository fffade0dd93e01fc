"""One consistent look at a whole database, and a copy of exactly what it shows.

On SQLite the copy is made by the engine's own backup inside a read transaction, page by page, while
others write. On PostgreSQL `pg_dump` joins the transaction that looks (`pg_export_snapshot`), so
both see the same.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ProgrammingError

from fairhand.core.errors import ConflictError, UnavailableError
from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata

__all__ = [
    "JOBS_SCHEMA",
    "Snapshot",
    "named_blobs",
    "restore_into",
    "shown_url",
    "snapshot",
    "spare_database",
]

JOBS_SCHEMA = "fairhand_jobs"
_PAGES_AT_ONCE = 2_048
# Columns that name a blob are called so; these are called so too and name something else.
_BLOB_COLUMNS = (
    "blob_sha256",
    "media_sha256",
    "preview_sha256",
    "weights_sha256",
    "checkpoint_sha256",
    "sealed_sha256",
    "original_sha256",
    "open_sha256",
)
_NO_ROOM = ("disk is full", "database or disk is full", "disk I/O error", "No space left")
Report = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database as it was at one instant."""

    database: Database
    connection: Connection
    file_name: str

    def save(self, folder: Path, report: Report) -> None:
        """Copy the whole database, as this snapshot shows it, into a folder."""
        target = folder / self.file_name
        if self.database.is_sqlite:
            _copy_sqlite(self.connection, target, report)
        else:
            _dump(self.database.url, self.connection, target)
            report(1, 1)


@contextmanager
def snapshot(database: Database) -> Iterator[Snapshot]:
    """Look at a database for as long as the block lasts, whatever others write meanwhile."""
    if database.is_sqlite:
        with database.read() as connection:
            connection.execute(text("SELECT count(*) FROM sqlite_master"))  # the look begins
            yield Snapshot(database, connection, "fairhand.db")
        return
    with database.engine.connect().execution_options(
        isolation_level="REPEATABLE READ"
    ) as connection:
        yield Snapshot(database, connection, "fairhand.dump")


def named_blobs(connection: Connection) -> Iterator[str]:
    """Yield the hash of every blob that the tables name; some come more than once."""
    there = set(inspect(connection).get_table_names())
    for table in whole_metadata().sorted_tables:
        for name in _BLOB_COLUMNS:
            if table.name in there and name in table.c:
                column = table.c[name]
                found = connection.execute(select(column).where(column.is_not(None)).distinct())
                yield from found.scalars()


def restore_into(url: str, dump: Path) -> None:
    """Fill an empty PostgreSQL database from a dump, whole or not at all."""
    database = Database(url, pool_size=1)
    try:
        with database.read() as connection:
            if inspect(connection).get_table_names():
                raise ConflictError(
                    "The database to restore into is not empty. Make a new one (createdb) and "
                    "name that.",
                    code="target_not_empty",
                )
    finally:
        database.close()
    _run(
        "pg_restore",
        url,
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        str(dump),
    )


def shown_url(url: str) -> str:
    """Write a database's address without its password."""
    return _bare(make_url(url)).render_as_string()


def _bare(url: URL) -> URL:
    """The address without its password, wherever it stands: `set` would leave it there."""
    return url._replace(password=None).difference_update_query(["password"])


def _copy_sqlite(connection: Connection, target: Path, report: Report) -> None:
    source = connection.connection.driver_connection
    copy = sqlite3.connect(target)
    try:
        # The source is in a read transaction, so the copy is of that instant and never begins anew.
        source.backup(  # type: ignore[union-attr]  # sqlite3's own connection
            copy,
            pages=_PAGES_AT_ONCE,
            sleep=0,
            progress=lambda _status, left, total: report(total - left, total),
        )
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    except sqlite3.Error as error:
        if any(words in str(error) for words in _NO_ROOM):
            raise UnavailableError(
                "The disk is full: no backup was made. Free some space and try again.",
                code="disk_full",
            ) from error
        raise
    finally:
        copy.close()


def _dump(url: str, connection: Connection, target: Path) -> None:
    name = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    _run(
        "pg_dump",
        url,
        "--format=custom",
        f"--snapshot={name}",
        f"--exclude-schema={JOBS_SCHEMA}",  # machinery: what runs is asked for again
        "--no-owner",
        "--no-privileges",
        f"--file={target}",
    )


def _run(program: str, url: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise UnavailableError(
            f"{program} is not on this machine. Install PostgreSQL's client programs of the "
            "server's version (Debian: postgresql-client) and try again.",
            code="program_missing",
        )
    parsed = make_url(url).set(drivername="postgresql")
    password = parsed.password or parsed.query.get("password")
    secret = {"PGPASSWORD": str(password)} if password else {}
    shown = _bare(parsed).render_as_string()  # arguments can be seen by others
    done = subprocess.run(  # noqa: S603  # a fixed program; the address is the administrator's
        [found, f"--dbname={shown}", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | secret,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        last = said[-1] if said else f"it ended with {done.returncode}"
        raise UnavailableError(f"{program} did not succeed: {last}", code="program_failed")


@contextmanager
def spare_database(like: str, file: Path) -> Iterator[Database]:
    """Open what a snapshot saved as a database that may be spoilt, gone when the block ends.

    On PostgreSQL it is a database of its own on the same server, which the account must be allowed
    to make.
    """
    if like.startswith("sqlite"):
        database = Database(f"sqlite:///{file}", pool_size=2)
        try:
            yield database
        finally:
            database.close()
        return
    name = f"fairhand_rehearsal_{os.urandom(6).hex()}"
    with _administered(like, f"CREATE DATABASE {name}", f"DROP DATABASE IF EXISTS {name}"):
        url = make_url(like).set(database=name).render_as_string(hide_password=False)
        restore_into(url, file)
        database = Database(url, pool_size=2)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def _administered(url: str, before: str, after: str) -> Iterator[None]:
    database = Database(url, pool_size=1)
    try:
        _alone(database, before)
        try:
            yield
        finally:
            _alone(database, after)
    finally:
        database.close()


def _alone(database: Database, statement: str) -> None:
    """Run a statement outside any transaction."""
    with database.engine.connect() as connection:
        try:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))
        except ProgrammingError as error:
            raise UnavailableError(
                "This database account may not make databases, so nothing can be tried on a copy. "
                "Give it CREATEDB, or restore a backup into a database made for it.",
                code="no_copy",
            ) from error
