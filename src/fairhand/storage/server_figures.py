"""Figures of a running house, for those who keep it up: sums, and nothing about any person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, case, func, literal, select, text

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection
from fairhand.storage.tables.jobs import job
from fairhand.storage.tables.office import mail
from fairhand.storage.tables.pay import account, posting
from fairhand.storage.tables.proof import log_event
from fairhand.storage.tables.work import lease, queue

__all__ = [
    "Figures",
    "database_bytes",
    "jobs_by_state",
    "letters_wait",
    "load_figures",
    "log_waits",
]

_FREE = select(func.count()).where(queue.c.taken < queue.c.wanted, ~queue.c.held)
_LEASES = select(func.count(case((lease.c.expires_at > bindparam("now"), 1))), func.count()).where(
    lease.c.state == literal("live", literal_execute=True)
)
_JOBS = select(job.c.state, func.count()).group_by(job.c.state)
_LOG = select(func.count(), func.min(log_event.c.at)).where(log_event.c.leaf_index.is_(None))
_LETTERS = select(mail.c.state, func.count(), func.min(mail.c.made_at)).group_by(mail.c.state)
_OWED = (
    select(account.c.currency, func.sum(posting.c.amount_micros))
    .join(posting, posting.c.account_id == account.c.id)
    .where(account.c.key.startswith("payable:"))
    .group_by(account.c.currency)
)
_SIZE = {
    "sqlite": text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
    "postgresql": text("SELECT pg_database_size(current_database())"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """How much waits, and how much is owed in micros by currency."""

    free_tasks: int
    live_leases: int
    expired_leases: int
    jobs: Mapping[str, int]
    unsealed: int
    seal_lag_s: float
    owed_micros: Mapping[str, int]
    database_bytes: int
    letters: Mapping[str, int]
    letter_wait_s: float


def load_figures(connection: Connection, now: Instant) -> Figures:
    """Count everything once; takes longer the larger the house is, so ask now and then."""
    live, all_live = connection.execute(_LEASES, {"now": now}).one()
    unsealed, seal_lag_s = log_waits(connection, now)
    letters, letter_wait_s = letters_wait(connection, now)
    return Figures(
        free_tasks=int(connection.execute(_FREE).scalar_one()),
        live_leases=int(live),
        expired_leases=int(all_live) - int(live),
        jobs=jobs_by_state(connection),
        unsealed=unsealed,
        seal_lag_s=seal_lag_s,
        owed_micros={currency: int(sum_) for currency, sum_ in connection.execute(_OWED)},
        database_bytes=database_bytes(connection),
        letters=letters,
        letter_wait_s=letter_wait_s,
    )


def jobs_by_state(connection: Connection) -> dict[str, int]:
    """Count jobs by state."""
    return {state: int(number) for state, number in connection.execute(_JOBS)}


def log_waits(connection: Connection, now: Instant) -> tuple[int, float]:
    """Say how many events wait for their leaf, and for how many seconds the first has."""
    number, first = connection.execute(_LOG).one()
    return int(number), 0.0 if first is None else max(0.0, (now - int(first)) / 1_000)


def letters_wait(connection: Connection, now: Instant) -> tuple[dict[str, int], float]:
    """Count the outbox by state, and say for how many seconds the oldest letter waits."""
    found = {
        state: (int(number), int(first)) for state, number, first in connection.execute(_LETTERS)
    }
    _, first = found.get("waiting", (0, now))
    return {state: number for state, (number, _) in found.items()}, max(0.0, (now - first) / 1_000)


def database_bytes(connection: Connection) -> int:
    """Say how large the database is."""
    return int(connection.execute(_SIZE[connection.dialect.name]).scalar_one())
