"""Make the bundle of a statement: its text, its entries, its receipt; for its person and auditors.

It holds nothing of anybody else, so a person may hand it to whom they like.
"""

from __future__ import annotations

import json

from fairhand.core.errors import NotFoundError, UnavailableError
from fairhand.pay.evidence import store
from fairhand.pay.evidence.assign import assign_lines
from fairhand.pay.evidence.entries import EvidenceError
from fairhand.pay.evidence.reading import read_document
from fairhand.pay.evidence.store import StatementText
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.log import events, key_store
from fairhand.proof.log.store import load_proof
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_bundle import EVENT_KIND, Bundle


def read_statement_bundle(db: Database, actor: Actor, statement_id: int, log_key: str) -> Bundle:
    """Make the bundle of a statement for its person, or for who pays or audits.

    Raises NotFoundError for everybody else, as if there were none.
    """
    with db.read() as connection:
        found = find_statement(connection, actor, statement_id)
        return make_bundle(connection, found, log_key)


def find_statement(connection: Connection, actor: Actor, statement_id: int) -> StatementText:
    """Load a statement that an actor may see; raises NotFoundError."""
    found = store.load_statement_text(connection, statement_id)
    if found is None or (found.person_id != actor.person_id and not may(actor, "pay.view_all")):
        raise NotFoundError(f"There is no statement {statement_id} for you to see.")
    return found


def make_bundle(connection: Connection, found: StatementText, log_key: str) -> Bundle:
    """Put a statement's bundle together; UnavailableError when the books do not fit it."""
    try:
        document = read_document(json.loads(found.body))
        entries = assign_lines(document, store.load_entries(connection, found))
    except EvidenceError as error:
        raise UnavailableError(
            f"Statement {found.id} does not fit the books any more: {error}. Tell who runs this "
            "workspace; `fairhand verify workspace` looks for what is wrong.",
            code="books_do_not_fit",
        ) from None
    receipt, sealed = _receipt(connection, found)
    notes = tuple(key_store.list_handovers(connection))
    return Bundle(found.body, found.sha256, tuple(entries), receipt, sealed, log_key, notes)


def _receipt(connection: Connection, found: StatementText) -> tuple[str | None, str]:
    event_id = events.find_event(connection, found.person_id, EVENT_KIND, found.sha256)
    if event_id is None:
        return None, "erased"
    receipt = load_proof(connection, event_id)
    return (None, "not_sealed") if receipt is None else (receipt.text(), "sealed")
