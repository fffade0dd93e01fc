"""One SQL layer over SQLite (default) and PostgreSQL.

`Database.write()` is a transaction that is durable when the block ends; `Database.read()` is a
consistent snapshot. On SQLite writers queue at a gate (a lock in the process, `flock` between
processes): SQLite's own busy handler sleeps and polls, which costs tens of milliseconds at p99.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from fairhand.core.errors import UnavailableError

__all__ = ["Connection", "Database", "insert"]

_POOL_SIZE = 24
_BUSY_TIMEOUT_MS = 15_000
_POOL_TIMEOUT_S = 15
_CONNECT_TIMEOUT_S = 5
_MAPPED_BYTES = 128 * 1024 * 1024
_ROOM_BYTES = 64 * 1024
_BUSY_RETRY_S = 2
_AWAY_RETRY_S = 5
_FULL_RETRY_S = 60
_SQLITE_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_PROTOCOL")
_SQLITE_DISK = ("SQLITE_IOERR", "SQLITE_READONLY")  # EDQUOT and EFBIG come as the first of them
_PG_DISK_FULL = "53100"
# Connection trouble, rolled back for another's sake, out of something, shutting down, disk trouble.
_PG_AWAY = ("08", "40", "53", "55P03", "57", "58")
_PG_ALIVE = {
    # A server that vanished without a word is noticed within half a minute, not in a quarter of
    # an hour: by idle connections and by those that wait for what they sent to be taken.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class Database:
    """An engine with the two ways to use it."""

    def __init__(self, url: str, *, pool_size: int = _POOL_SIZE) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = (
            _sqlite_engine(url, pool_size) if self.is_sqlite else _pg_engine(url, pool_size)
        )
        self._gate = _WriteGate(make_url(url).database) if self.is_sqlite else None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that commits when the block ends and rolls back when it raises.

        Raises UnavailableError when the disk is full or the database is gone: nothing was changed.
        """
        if self._gate is None:
            with _clear_errors(), self.engine.begin() as connection:
                yield connection
            return
        with (
            _clear_errors(),
            # The gate first: then the pool's newest connection serves every write of this process,
            # and its page cache stays warm. A cache is dropped when another connection writes.
            self._gate.held(),
            self.engine.connect() as connection,
            connection.begin(),
        ):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read-only snapshot."""
        with _clear_errors(), self.engine.connect() as connection, connection.begin():
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def read_once(self) -> Iterator[Connection]:
        """Open a read-only snapshot for reading much of the database from end to end.

        SQLite's map of the file stays out of it: what was read would count as this process's
        memory, and is not read again.
        """
        if not self.is_sqlite:
            with self.read() as connection:
                yield connection
            return
        with _clear_errors(), self.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA mmap_size = 0")
            try:
                with connection.begin():
                    connection.exec_driver_sql("BEGIN")
                    yield connection
            finally:
                driver.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")

    def check_room(self) -> None:
        """Raise UnavailableError when SQLite's disk has no room; others answer for theirs."""
        path = make_url(self.url).database if self.is_sqlite else None
        if not path or path == ":memory:":
            return
        try:
            with tempfile.NamedTemporaryFile(prefix=".room-", dir=Path(path).parent) as probe:
                probe.write(bytes(_ROOM_BYTES))
                probe.flush()
        except OSError as error:
            raise (_full() if error.errno == errno.ENOSPC else _unwritable()) from error

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        if self._gate is not None:
            self._gate.close()


def load_whole_engine() -> None:
    """Import what job engines need of SQLAlchemy, before threads are about.

    While one thread imports `sqlalchemy.orm`, its half-made inspectors break the statements that
    other threads write at that moment.
    """
    import sqlalchemy.orm  # noqa: F401


def insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401  # two dialects' Insert
    """Make an INSERT that knows `on_conflict_do_nothing` / `on_conflict_do_update`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


class _WriteGate:
    """Lets one writer in at a time, first come first served, across threads and processes."""

    def __init__(self, path: str | None) -> None:
        self._lock = threading.Lock()
        self._path = f"{path}.gate" if path and path != ":memory:" else None
        self._file: int | None = None
        self._pid = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._lock:
            if self._path is None:
                yield
                return
            if self._file is None or self._pid != os.getpid():
                self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
                self._pid = os.getpid()
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def _sqlite_engine(url: str, pool_size: int) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,
        pool_reset_on_return=None,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": _BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _configure(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401
        dbapi_connection.isolation_level = None  # `read` and `write` say BEGIN themselves
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
            "cache_size=-32768",
            f"mmap_size={_MAPPED_BYTES}",
            "temp_store=MEMORY",
            "wal_autocheckpoint=4000",  # pages, 16 MB: fewer rounds of copying and syncing
        ):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    return engine


def _pg_engine(url: str, pool_size: int) -> Engine:
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        pool_timeout=_POOL_TIMEOUT_S,
        connect_args={"connect_timeout": _CONNECT_TIMEOUT_S, **_PG_ALIVE},
        hide_parameters=True,  # what people wrote is in no error message
    )


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise UnavailableError(
            "The database has more to do than it can: nothing was saved. Try again in a moment.",
            code="database_busy",
            retry_after_s=_BUSY_RETRY_S,
        ) from error
    except DBAPIError as error:
        trouble = _trouble(error)
        if trouble is None:
            raise
        raise trouble from error
    except PendingRollbackError as error:  # a story went on after its connection had broken
        raise _gone() from error


def _trouble(error: DBAPIError) -> UnavailableError | None:
    """Say what waiting or an administrator mends; None for an error of ours."""
    if error.connection_invalidated:
        return _gone()
    if isinstance(error.orig, sqlite3.Error):
        name = getattr(error.orig, "sqlite_errorname", "")
        if name == "SQLITE_FULL":
            return _full()
        if name.startswith(_SQLITE_DISK):
            return _unwritable()
        return _gone() if name.startswith(_SQLITE_AWAY) else None
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state == _PG_DISK_FULL:
        return _full()
    # Without a state it never came to a statement: no address, no server, no connection any more.
    return _gone() if state is None or state.startswith(_PG_AWAY) else None


def _gone() -> UnavailableError:
    return UnavailableError(
        "The database does not answer just now: nothing was saved. Try again in a moment.",
        code="database_unavailable",
        retry_after_s=_AWAY_RETRY_S,
    )


def _full() -> UnavailableError:
    return UnavailableError(
        "The disk is full: nothing was saved. Free some space and try again.",
        code="disk_full",
        retry_after_s=_FULL_RETRY_S,
    )


def _unwritable() -> UnavailableError:
    return UnavailableError(
        "The disk takes nothing just now, because it is full, a quota is reached or it fails: "
        "nothing was saved. Free some space and try again.",
        code="disk_full",
        retry_after_s=_FULL_RETRY_S,
    )
