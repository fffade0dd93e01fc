"""Replay a statement: for its person, and for whoever pays or audits."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.errors import NotFoundError
from fairhand.pay.books.replay import Check, replay
from fairhand.pay.books.replay_store import load_evidence
from fairhand.pay.earnings.store import load_statement
from fairhand.people.accounts.rules import Actor, may
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class Replayed:
    """A statement replayed; `difference` is the first check that does not hold, if any."""

    statement_id: int
    person_id: int
    currency: str
    checks: tuple[Check, ...]

    @property
    def difference(self) -> Check | None:
        """The first check that does not hold."""
        return next((check for check in self.checks if not check.ok), None)


def read_replay(db: Database, statement_id: int, actor: Actor | None = None) -> Replayed:
    """Recompute a statement; without an actor for the operator at the terminal.

    Raises NotFoundError when there is none, or none that this person may see.
    """
    with db.read() as connection:
        found = load_statement(connection, statement_id)
        is_theirs = found is not None and (
            actor is None or found.person_id == actor.person_id or may(actor, "pay.view_all")
        )
        evidence = load_evidence(connection, statement_id) if is_theirs else None
    if found is None or evidence is None:
        raise NotFoundError(f"There is no statement {statement_id} for you to see.")
    return Replayed(statement_id, found.person_id, evidence.currency, tuple(replay(evidence)))
