"""A contributor votes: once, in secret, for as many candidates as they approve of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.people.council import election_store, store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class VoteInElection:
    """Who votes, and whom they approve of (nobody is a vote, too)."""

    person_id: int
    election_id: int
    approves: Sequence[int]


def vote_in_election(db: Database, command: VoteInElection, now: Instant, uid: str) -> None:
    """Keep a ballot under a random `uid`; neither the tables nor the log say whose it is.

    Raises ConflictError before and after the days of the vote, and for a second vote: because it
    is secret, nobody can find the first one to change it.
    """
    with db.write() as connection:
        found = election_store.load_election(connection, command.election_id, hold=True)
        if found is None:
            raise NotFoundError(f"There is no election {command.election_id}.")
        if found.phase(now) != "voting":
            raise ConflictError("People do not vote at this moment.", code="not_voting")
        if not store.belongs(connection, command.person_id):
            raise ForbiddenError("Contributors elect the council; those who manage do not.")
        standing = {one.person_id for one in election_store.list_candidates(connection, found.id)}
        if not set(command.approves) <= standing:
            message = "Approve of people who stand."
            raise InvalidError(message, issues=[Issue("approves", message)])
        approves = sorted(set(command.approves))
        if not election_store.add_ballot(connection, found.id, command.person_id, uid, approves):
            raise ConflictError("You have voted already, and a vote is secret.", code="voted")
        # Without the person: the log's order would tell what the tables hide.
        log.append(connection, "council.ballot", {"election": found.id}, now)
