"""What the pages of disputes read: one's own, the queue, and the evidence for an answer."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import NotFoundError
from fairhand.pay.disputes import store
from fairhand.pay.disputes.rules import Counter, StatementLine, statement_lines
from fairhand.pay.disputes.store import EntryRow, ListedDispute
from fairhand.pay.earnings.store import load_statement
from fairhand.pay.paid_time.record import Cut, PaidStretch, record_of
from fairhand.pay.paid_time.record_store import load_events
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.decide_dispute import guarantee_of, why_not
from fairhand.use_cases.open_dispute import line_of


@dataclass(frozen=True, slots=True)
class OwnDisputes:
    """A person's disputes, the public count, and the projects in which they have earned."""

    disputes: tuple[ListedDispute, ...]
    counter: Counter
    projects: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, slots=True)
class DisputeQueue:
    """What waits for an answer, by deadline, then what was answered last."""

    waiting: tuple[ListedDispute, ...]
    ended: tuple[ListedDispute, ...]
    counter: Counter


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that an answer should look at: the line, its earnings, the time around it, the cuts.

    `rate_micros_per_hour` is what granted time would be paid at; `why_not` says why the reader may
    not answer.
    """

    listed: ListedDispute
    line: StatementLine | None
    entries: tuple[EntryRow, ...]
    stretches: tuple[PaidStretch, ...]
    cuts: tuple[Cut, ...]
    rate_micros_per_hour: int
    why_not: str | None


def read_own_disputes(db: Database, person_id: int) -> OwnDisputes:
    """Load a person's own disputes."""
    with db.read() as connection:
        return OwnDisputes(
            tuple(store.list_of_person(connection, person_id)),
            store.count_disputes(connection),
            tuple(store.projects_of(connection, person_id)),
        )


def read_line(db: Database, person_id: int, statement_id: int, number: int) -> StatementLine:
    """Load a line of a person's own statement, to be disputed; raises NotFoundError."""
    with db.read() as connection:
        return line_of(connection, person_id, statement_id, number)


def read_dispute_queue(db: Database) -> DisputeQueue:
    """Load the queue."""
    with db.read() as connection:
        rows = store.list_queue(connection)
        counter = store.count_disputes(connection)
    waiting = tuple(row for row in rows if row.dispute.is_open)
    return DisputeQueue(waiting, tuple(row for row in rows if not row.dispute.is_open), counter)


def read_evidence_of(db: Database, dispute_id: int, reader: int) -> Evidence:
    """Load one dispute with its evidence; raises NotFoundError."""
    with db.read() as connection:
        listed = store.load_listed(connection, dispute_id)
        if listed is None:
            raise NotFoundError(f"There is no dispute {dispute_id}.")
        dispute = listed.dispute
        entries = tuple(store.load_entries(connection, dispute))
        stretches, cuts = _time_around(connection, listed, entries)
        return Evidence(
            listed=listed,
            line=_line(connection, listed),
            entries=entries,
            stretches=stretches,
            cuts=cuts,
            rate_micros_per_hour=guarantee_of(connection, dispute),
            why_not=why_not(connection, dispute, reader),
        )


def _line(connection: Connection, listed: ListedDispute) -> StatementLine | None:
    dispute = listed.dispute
    found = None
    if dispute.statement_id is not None:
        found = load_statement(connection, dispute.statement_id)
    lines = statement_lines(orjson.loads(found.body)) if found is not None else []
    return next((line for line in lines if line.number == dispute.line), None)


def _time_around(
    connection: Connection, listed: ListedDispute, entries: tuple[EntryRow, ...]
) -> tuple[tuple[PaidStretch, ...], tuple[Cut, ...]]:
    """Replay the person's time from a day before the first earning to the opening."""
    dispute = listed.dispute
    first = min((one.started_at for one in entries), default=dispute.opened_at)
    rows = load_events(connection, dispute.person_id, Instant(first - DAY_MS))
    record = record_of(row for row in rows if row.event.at <= dispute.opened_at)
    here = dispute.project_id
    return (
        tuple(one for one in record.stretches if one.project_id == here),
        tuple(one for one in record.cuts if one.project_id == here),
    )
