"""What the log shows: its newest checkpoint, and receipts to those whose events they are."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.people.accounts.rules import Actor, roles_in
from fairhand.proof.log import events, store, witness_store
from fairhand.storage.database import Database


def read_checkpoint(db: Database) -> str:
    """Load the newest signed checkpoint; raises NotFoundError before the first sealing."""
    with db.read() as connection:
        latest = store.latest_checkpoint(connection)
    if latest is None:
        raise NotFoundError("Nothing has been sealed yet; the log seals itself within a minute.")
    return latest.note


def read_receipt(db: Database, actor: Actor, event_id: int) -> str:
    """Load the receipt of an actor's own event (an auditor's of any), as one text file.

    Raises NotFoundError for somebody else's event, ConflictError while it is not sealed yet.
    """
    with db.read() as connection:
        is_auditor = "auditor" in roles_in(actor, 0)
        if store.person_of(connection, event_id) != actor.person_id and not is_auditor:
            raise NotFoundError(f"You have no event {event_id} in the log.")
        receipt = store.load_proof(connection, event_id)
    if receipt is None:
        raise ConflictError(
            "This event is promised and not sealed yet; ask again in a minute. "
            "If it is still missing then, the promise you hold is your evidence.",
            code="not_sealed",
        )
    return receipt.text()


@dataclass(frozen=True, slots=True)
class LogState:
    """How far the log is: its newest checkpoint, and how many events wait for their leaf."""

    checkpoint: store.SignedCheckpoint | None
    waiting: int


def read_log_state(db: Database) -> LogState:
    """Load how far the log is."""
    with db.read() as connection:
        return LogState(store.latest_checkpoint(connection), events.count_unsealed(connection))


def read_own_events(db: Database, person_id: int, most: int = 20) -> list[events.EventRow]:
    """List a person's own latest events, newest first."""
    with db.read() as connection:
        return events.latest_events(connection, person_id, most)


def read_witnesses(db: Database) -> list[witness_store.WitnessRow]:
    """List those who co-sign the log, and what is in the way of each."""
    with db.read() as connection:
        return witness_store.list_witnesses(connection)
