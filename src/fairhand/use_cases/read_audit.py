"""Everything that a workspace can check about itself: books, clocks and log, from the ground up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from fairhand.core.errors import Issue
from fairhand.pay.audit import store as books
from fairhand.pay.books import store as seals
from fairhand.people.accounts import store as accounts
from fairhand.proof.log import store as log
from fairhand.proof.log.bodies import bodies_of
from fairhand.proof.log.note import Verifier
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_record_audit import audit_records


def audit_workspace(db: Database, log_keys: Verifier | Sequence[Verifier]) -> list[Issue]:
    """Check the ledger and its seals, replay everybody's clock, recompute the log, and hold the
    tables to it; none: all right.

    Everything is read in one snapshot: work may go on meanwhile.
    """
    keys = [log_keys] if isinstance(log_keys, Verifier) else log_keys
    with db.read() as connection:
        return [
            *audit_books(connection),
            *_clocks(connection),
            *log.audit(connection, keys),
            *audit_records(connection),
        ]


def audit_books(connection: Connection) -> Iterator[Issue]:
    """Check the ledger's invariants, the chain of its seals, and that the log says the same."""
    for name, count in asdict(books.load_ledger_check(connection)).items():
        if count:
            yield Issue("ledger", f"{name.replace('_', ' ')}: {count}")
    yield from seals.audit_chain(connection)
    yield from _logged_seals(connection)


def _logged_seals(connection: Connection) -> Iterator[Issue]:
    """A seal is believed because the log, which others hold copies of, has it too."""
    logged = {
        body["block"]: (body["first"], body["last"], body["entries"], body["sha256"])
        for body in map(json.loads, bodies_of(connection, "pay.books_sealed"))
    }
    for block in seals.list_blocks(connection):
        seal = (block.first_entry_id, block.last_entry_id, block.entries, block.sha256)
        if logged.pop(block.id, None) != seal:
            yield Issue(f"block {block.id}", "the log does not say the same of it")
    for number in logged:
        yield Issue(f"block {number}", "the log has it and the books have not")


def _clocks(connection: Connection) -> Iterator[Issue]:
    for person, _ in accounts.list_people(connection):
        off = books.check_clock(connection, person.id)
        if off:
            yield Issue(f"person {person.id}", f"paid time is off by {off} ms from their events")
