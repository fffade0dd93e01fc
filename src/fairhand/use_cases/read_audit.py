"""Everything that a workspace can check about itself: books, clocks and log, from the ground up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from fairhand.core.errors import Issue
from fairhand.pay.audit import store as books
from fairhand.people.accounts import store as accounts
from fairhand.proof.log import store as log
from fairhand.proof.log.note import Verifier
from fairhand.storage.database import Connection, Database


def audit_workspace(db: Database, log_key: Verifier) -> list[Issue]:
    """Check the ledger, replay everybody's clock, recompute the log; nothing found is all right."""
    with db.read() as connection:
        return [
            *_ledger(connection),
            *_clocks(connection),
            *log.audit(connection, [log_key]),
        ]


def _ledger(connection: Connection) -> Iterator[Issue]:
    for name, count in asdict(books.load_ledger_check(connection)).items():
        if count:
            yield Issue("ledger", f"{name.replace('_', ' ')}: {count}")


def _clocks(connection: Connection) -> Iterator[Issue]:
    for person, _ in accounts.list_people(connection):
        off = books.check_clock(connection, person.id)
        if off:
            yield Issue(f"person {person.id}", f"paid time is off by {off} ms from their events")
