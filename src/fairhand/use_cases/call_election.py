"""A contributor or a manager calls an election of the council."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairhand.core.clock import DAY_MS, Instant, iso
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError
from fairhand.people.council import election_store, store
from fairhand.people.council.elections import Election, Terms, call_issues, may_call
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class CallElection:
    """Who calls it, and for what."""

    person_id: int
    terms: Terms = field(default_factory=Terms)


def call_election(db: Database, command: CallElection, now: Instant) -> Election:
    """Call an election; gives it.

    Raises ConflictError while one runs, or while a council can decide whose end is not near, and
    ForbiddenError for those who neither contribute nor manage.
    """
    terms = command.terms
    if issues := call_issues(terms):
        raise InvalidError("The election cannot be called so.", issues=issues)
    stands_until = Instant(now + terms.stand_days * DAY_MS)
    votes_until = Instant(stands_until + terms.vote_days * DAY_MS)
    with db.write() as connection:
        election_store.take_turns(connection)
        if not _may(connection, command.person_id):
            raise ForbiddenError("Contributors and those who manage call elections.")
        if election_store.list_running(connection):
            raise ConflictError("An election is running already.", code="election_running")
        if not may_call(store.load_council(connection, now), votes_until):
            message = "A council sits and its end is not near; it is elected anew then."
            raise ConflictError(message, code="council_sits")
        called = Election(
            0,
            terms.seats,
            terms.term_days * DAY_MS,
            command.person_id,
            now,
            stands_until,
            votes_until,
            "standing",
            "{}",
        )
        number = election_store.add_election(connection, called)
        body = {
            "election": number,
            "seats": terms.seats,
            "stands_until": iso(stands_until),
            "votes_until": iso(votes_until),
        }
        log.append(connection, "council.election_called", body, now, command.person_id)
        found = election_store.load_election(connection, number)
    assert found is not None  # noqa: S101  # it was just written
    return found


def _may(connection: Connection, person_id: int) -> bool:
    return store.belongs(connection, person_id) or store.manages(connection, person_id)
