"""Whoever manages takes a proposal back before the council has decided; what holds goes on."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.people.council import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class WithdrawPolicy:
    """Who takes back which proposal."""

    person_id: int
    proposal_id: int


def withdraw_policy(db: Database, command: WithdrawPolicy, now: Instant) -> None:
    """Take a waiting proposal back; raises ConflictError when it has been decided."""
    with db.write() as connection:
        found = store.load_proposal(connection, command.proposal_id, hold=True)
        if found is None:
            raise NotFoundError(f"There is no proposal {command.proposal_id}.")
        if found.state != "waiting":
            raise ConflictError("This proposal is not open any more.", code="decided")
        store.decide(connection, found.id, "withdrawn", now)
        body = {"proposal": found.id, "sha256": found.sha256}
        person, project = command.person_id, found.project_id or None
        log.append(connection, "policy.withdrawn", body, now, person, project)
