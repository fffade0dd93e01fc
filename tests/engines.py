"""Fresh databases for tests, on SQLite and on a private PostgreSQL server.

Each test process makes one template per engine and copies it: a file copy for every test on
SQLite, `CREATE DATABASE ... TEMPLATE` on PostgreSQL, whose databases are wiped and used again.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata
from tests.shelf import Shelf

ENGINES = ("sqlite", "postgresql")
Made = TypeVar("Made")
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_LIBC = ctypes.CDLL(None)  # looked up beforehand: little is safe between a fork and its exec
_START_TIMEOUT_S = 30
_SERVER_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


def _settings(durable: bool) -> dict[str, str]:
    unsafe = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")
    return {
        name: value for name, value in _SERVER_SETTINGS.items() if not (durable and name in unsafe)
    }


def find_postgres_binaries() -> Path | None:
    """Find the folder that holds `initdb` and `postgres`, or None when they are not installed."""
    candidates = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if shutil.which("pg_config"):
        asked = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True)
        candidates.append(Path(asked.stdout.strip()))
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return (folder / "initdb").resolve().parent
    return None


def why_no_postgres() -> str | None:
    """Say in one line why PostgreSQL tests cannot run here; None when they can."""
    if find_postgres_binaries() is None:
        return "PostgreSQL tests skipped: no initdb found"
    if os.geteuid() == 0 and _unprivileged_user() is None:
        return "PostgreSQL tests skipped: root cannot run postgres and there is no other user"
    return None


def _unprivileged_user() -> str | None:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


def _die_with_parent() -> None:
    _LIBC.prctl(_DIE_WITH_PARENT, signal.SIGINT)


@dataclass(slots=True)
class PostgresServer:
    """A running private server on a Unix socket; stopped, and its files removed, by `stop`."""

    home: Path
    command: list[str | Path]
    process: subprocess.Popen[bytes]
    _names: Iterator[int] = field(default_factory=count)

    def url(self, name: str) -> str:
        """Write the SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://fairhand@/{name}?host={self.home}"

    def conninfo(self, name: str) -> str:
        """Say how psycopg reaches one of its databases."""
        return f"host={self.home} user=fairhand dbname={name}"

    def run(self, statement: str) -> None:
        """Run one administrative statement outside a transaction."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str) -> str:
        """Make a database as a copy of `template` and return its name."""
        name = f"test_{next(self._names)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, disconnecting whoever still uses it."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def crash(self) -> None:
        """End it at once, as `pg_ctl stop -m immediate`: what was committed is in its log."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=20)

    def start_again(self) -> None:
        """Start it on the same files; returns when it has recovered and answers."""
        self.process = _spawn(self.command, self.home)
        _wait_until_ready(self)

    def stop(self) -> None:
        """End the server and remove its files: nobody waits for it to write what is thrown away."""
        self.process.send_signal(signal.SIGQUIT)  # "immediate shutdown": no last checkpoint
        self.process.wait(timeout=20)
        shutil.rmtree(self.home, ignore_errors=True)


def start_postgres(*, durable: bool = False) -> PostgresServer:
    """Start a throw-away server; it ends with this process even when that is killed.

    `durable` leaves PostgreSQL's own settings as they are, for benchmarks.
    """
    binaries = find_postgres_binaries()
    if binaries is None:
        raise RuntimeError("no initdb found")
    home = Path(tempfile.mkdtemp(prefix="fairhand-pg-"))
    user = _unprivileged_user() if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(home, user)
    initdb: list[str | Path] = [
        binaries / "initdb",
        "-D",
        home / "data",
        "-U",
        "fairhand",
        "-A",
        "trust",
    ]
    _run_as(user, [*initdb, "--no-sync", "-E", "UTF8", "--locale=C"], home)
    settings = [f"--{name}={value}" for name, value in _settings(durable).items()]
    command: list[str | Path] = [binaries / "postgres", "-D", home / "data", "-k", home, *settings]
    server = PostgresServer(home, command, _spawn(command, home))
    _wait_until_ready(server)
    return server


def _spawn(command: list[str | Path], home: Path) -> subprocess.Popen[bytes]:
    user = _unprivileged_user() if os.geteuid() == 0 else None
    with (home / "server.log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=home,
            user=user,
            group=_group_of(user),
            extra_groups=[] if user else None,
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  # one call into libc
        )


def _group_of(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _run_as(user: str | None, command: list[str | Path], cwd: Path) -> None:
    extra: list[int] | None = [] if user else None
    done = subprocess.run(
        command,
        cwd=cwd,
        user=user,
        group=_group_of(user),
        extra_groups=extra,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr or done.stdout}")


def _wait_until_ready(server: PostgresServer) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > deadline:
                log = (server.home / "server.log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL did not start: {log[-2000:]}") from None
            time.sleep(0.02)
        else:
            return


class Templates:
    """Makes fresh databases by copying: one template with all tables and one empty, per engine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: PostgresServer | None = None
        self._shelf: Shelf | None = None
        self._sqlite_ready = False
        self._furnished: dict[Any, tuple[Path, Any]] = {}
        self._names = count()

    @property
    def server(self) -> PostgresServer:
        """The private PostgreSQL server, started at first use."""
        if self._server is None:
            self._server = start_postgres()
            self._server.run("CREATE DATABASE whole")
            _create_tables(self._server.url("whole"))
        return self._server

    @contextmanager
    def fresh(self, engine: str, *, tables: bool = True) -> Iterator[str]:
        """Yield the URL of a database of its own, and remove it afterwards."""
        make = self._fresh_sqlite if engine == "sqlite" else self._fresh_postgres
        with make(tables) as url:
            yield url

    @contextmanager
    def furnished(self, furnish: Callable[[Database], Made]) -> Iterator[tuple[str, Made]]:
        """Yield the URL of a SQLite database that `furnish` has filled, and what it gave.

        It fills one only, the first time; the others are copies.
        """
        if furnish not in self._furnished:
            path = self._folder / f"furnished-{len(self._furnished)}.db"
            shutil.copyfile(self._sqlite_template(), path)
            database = Database(f"sqlite:///{path}", pool_size=10)
            self._furnished[furnish] = (path, furnish(database))
            database.close()
        path, made = self._furnished[furnish]
        with self._fresh_sqlite(tables=True, of=path) as url:
            yield url, made

    @contextmanager
    def _fresh_sqlite(self, tables: bool, of: Path | None = None) -> Iterator[str]:
        home = Path(tempfile.mkdtemp(prefix="db-", dir=self._folder))
        path = home / "fairhand.db"
        if tables:
            shutil.copyfile(of or self._sqlite_template(), path)
        try:
            yield f"sqlite:///{path}"
        finally:
            shutil.rmtree(home, ignore_errors=True)

    @contextmanager
    def _fresh_postgres(self, tables: bool) -> Iterator[str]:
        server = self.server
        name = self._wiped.take() if tables else server.create("template0")
        try:
            yield server.url(name)
        finally:
            if tables:
                self._wiped.put_back(name)
            else:
                server.drop(name)

    @property
    def _wiped(self) -> Shelf:
        if self._shelf is None:
            server = self.server
            self._shelf = Shelf(lambda: server.create("whole"), server.drop, server.conninfo)
        return self._shelf

    def _sqlite_template(self) -> Path:
        path = self._folder / "template.db"
        if not self._sqlite_ready:
            _create_tables(f"sqlite:///{path}")
            self._sqlite_ready = True
        return path

    def close(self) -> None:
        """Stop the server if one was started."""
        if self._server is not None:
            self._server.stop()
            self._server = None


def _create_tables(url: str) -> None:
    database = Database(url, pool_size=1)
    with database.write() as connection:
        whole_metadata().create_all(connection)
    database.close()
