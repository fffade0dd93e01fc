"""What a database engine says of itself: version, durability, clock, jobs that stand still."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, text

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection
from fairhand.storage.tables.jobs import job

_STUCK = select(func.count()).where(
    job.c.state.in_(("queued", "running")), job.c.updated_at < bindparam("before")
)
_PG_FACTS = text(
    "SELECT current_setting('server_version'), current_setting('fsync'),"
    " current_setting('synchronous_commit'), current_setting('full_page_writes'),"
    " CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
)


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """The engine, its version, what is not durable about it, and its clock where it has one."""

    engine: str
    version: str
    not_durable: tuple[str, ...]
    clock: Instant | None


def load_engine_facts(connection: Connection) -> EngineFacts:
    """Ask the engine."""
    if connection.dialect.name == "sqlite":
        return _of_sqlite(connection)
    version, *durable, now = connection.execute(_PG_FACTS).one()
    names = ("fsync", "synchronous_commit", "full_page_writes")
    off = tuple(name for name, value in zip(names, durable, strict=True) if value == "off")
    return EngineFacts("PostgreSQL", str(version), off, Instant(int(now)))


def _of_sqlite(connection: Connection) -> EngineFacts:
    version = connection.execute(text("SELECT sqlite_version()")).scalar_one()
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    sync = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    wrong = [f"journal_mode={mode}"] if mode != "wal" else []
    wrong += [f"synchronous={sync}"] if int(sync) < 2 else []
    return EngineFacts("SQLite", str(version), tuple(wrong), None)


def count_stuck_jobs(connection: Connection, before: Instant) -> int:
    """Count the jobs that wait or run and have not moved since then."""
    return int(connection.execute(_STUCK, {"before": before}).scalar_one())
