"""A person accepts a version of a contract, by the hash of the words that they read."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.people.council import contract_store
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class AcceptContract:
    """Who accepts what."""

    person_id: int
    contract_id: int
    sha256: str


def accept_contract(db: Database, command: AcceptContract, now: Instant) -> bool:
    """Keep an acceptance; False when it was kept before. Raises ConflictError for other words."""
    with db.write() as connection:
        found = contract_store.load_contract(connection, command.contract_id)
        if found is None:
            raise NotFoundError(f"There is no contract {command.contract_id}.")
        if found.sha256 != command.sha256:
            raise ConflictError("These are not the words of this version.", code="changed")
        person = command.person_id
        if not contract_store.accept(connection, found.id, person, found.sha256, now):
            return False
        body = {"contract": found.id, "person": person, "sha256": found.sha256}
        log.append(connection, "contract.accepted", body, now, person, found.project_id or None)
    return True


def check_accepted(connection: Connection, person_id: int, project_id: int, now: Instant) -> None:
    """Check that somebody who joins has accepted what holds; raises ConflictError saying where.

    Those who take part already go on under the version that they accepted.
    """
    accepted = {one.contract_id for one in contract_store.list_accepted(connection, person_id)}
    for place in (0, project_id):
        holds = contract_store.standing(connection, place, now)
        if holds and not accepted & {one.id for one in holds}:
            raise ConflictError(
                "Read and accept the contract first: it is under Rights, Contract.",
                code="contract_not_accepted",
            )
