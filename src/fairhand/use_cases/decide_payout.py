"""A manager says by hand, with evidence, that a payout arrived or came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.core.money import Money
from fairhand.pay.payouts import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class DecidePayout:
    """Which payout, what became of it, and how that is known."""

    payout_id: int
    outcome: Literal["confirmed", "returned"]
    evidence: str
    decided_by: int | None


def decide_payout(db: Database, command: DecidePayout, now: Instant) -> bool:
    """Confirm or return a payout; False when it is so already. A return is payable again at once.

    Raises InvalidError without evidence, ConflictError where its state does not allow it.
    """
    evidence = command.evidence.strip()
    if not 3 <= len(evidence) <= 500:
        message = "Say how you know, in 3 to 500 characters: a statement's number, a receipt."
        raise InvalidError(message, code="no_evidence", issues=[Issue("evidence", message)])
    with db.write() as connection:
        store.lock(connection)
        one = store.load_payout(connection, command.payout_id)
        if one is None:
            raise NotFoundError(f"There is no payout {command.payout_id}.")
        if one.state == command.outcome:
            return False
        store.move(
            connection,
            one,
            command.outcome,
            now,
            by_person=command.decided_by,
            evidence=evidence,
            reason=evidence if command.outcome == "returned" else "",
        )
        store.finish_batches(connection, [one.batch_id])
        body = {
            "payout": one.id,
            "person": one.person_id,
            "amount": Money(one.amount_minor, one.currency).decimal(),
            "currency": one.currency,
            "end_to_end_id": one.end_to_end_id,
            "evidence": evidence,
            "decided_by": command.decided_by,
        }
        log.append(connection, f"payout.{command.outcome}", body, now, one.person_id)
    return True
