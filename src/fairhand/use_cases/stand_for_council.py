"""A contributor stands for the council, changes what they say, or stands no more."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.people.council import election_store, store
from fairhand.people.council.elections import MOST_CANDIDATES, statement_issues
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class StandForCouncil:
    """Who stands in which election with what words; no `statement`: they stand no more."""

    person_id: int
    election_id: int
    statement: str | None


def stand_for_council(db: Database, command: StandForCouncil, now: Instant) -> None:
    """Stand, or stand no more; the last word before the vote begins holds."""
    statement = command.statement
    if statement is not None and (issues := statement_issues(statement)):
        raise InvalidError("You cannot stand so.", issues=issues)
    with db.write() as connection:
        found = election_store.load_election(connection, command.election_id, hold=True)
        if found is None:
            raise NotFoundError(f"There is no election {command.election_id}.")
        if found.phase(now) != "standing":
            raise ConflictError("The time to stand is over.", code="too_late")
        if not store.belongs(connection, command.person_id):
            raise ForbiddenError("Contributors stand for the council; those who manage do not.")
        if statement is None:
            election_store.withdraw(connection, found.id, command.person_id, now)
        else:
            if len(election_store.list_candidates(connection, found.id)) >= MOST_CANDIDATES:
                raise ConflictError(f"{MOST_CANDIDATES} people stand already.", code="full")
            election_store.stand(connection, found.id, command.person_id, statement.strip(), now)
        body = {"election": found.id, "person": command.person_id, "stands": statement is not None}
        log.append(connection, "council.stood", body, now, command.person_id)
