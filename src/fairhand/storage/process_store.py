"""SQL of processes: each says every few seconds that it is there; one that went quiet is gone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import bindparam, delete, select

from fairhand.core.clock import DAY_MS, Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.office import process

BEAT_S: Final = 15.0
QUIET_MS: Final = 60_000
"""After so long without a word a process counts as gone."""

_LIST = select(process).order_by(process.c.kind, process.c.host, process.c.pid)
_FORGET = delete(process).where(process.c.seen_at < bindparam("before"))
_LEAVE = delete(process).where(process.c.id == bindparam("gone"))


@dataclass(frozen=True, slots=True)
class Process:
    """One process that serves a workspace, by its own word."""

    id: str
    kind: str
    host: str
    pid: int
    version: str
    started_at: Instant
    seen_at: Instant

    def is_live(self, now: Instant) -> bool:
        """Say whether it spoke lately."""
        return now - self.seen_at <= QUIET_MS


def beat(connection: Connection, mine: Process) -> None:
    """Say that a process is there; those that have been quiet for a day are forgotten."""
    statement = insert(connection, process).values(**asdict(mine))
    again = {"seen_at": mine.seen_at}
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=again))
    connection.execute(_FORGET, {"before": mine.seen_at - DAY_MS})


def leave(connection: Connection, process_id: str) -> None:
    """Say that a process ended."""
    connection.execute(_LEAVE, {"gone": process_id})


def list_processes(connection: Connection) -> list[Process]:
    """List the processes that spoke within a day."""
    return [Process(**row._mapping) for row in connection.execute(_LIST)]
