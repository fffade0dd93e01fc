"""A council for tests: elected through the real stories, days before the moment of the test."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.council import store
from fairhand.people.council.elections import Terms
from fairhand.storage.database import Database
from fairhand.use_cases.apply_signed_policies import apply_signed_policies
from fairhand.use_cases.call_election import CallElection, call_election
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.keep_elections import keep_elections
from fairhand.use_cases.sign_policy import SignPolicy, sign_policy
from fairhand.use_cases.stand_for_council import StandForCouncil, stand_for_council
from fairhand.use_cases.vote_in_election import VoteInElection, vote_in_election


def seat_council(db: Database, people: Sequence[int], now: Instant) -> None:
    """Elect these contributors; they vote for each other."""
    start = Instant(now - 2 * DAY_MS)
    terms = Terms(seats=len(people), stand_days=1, vote_days=1)
    called = call_election(db, CallElection(people[0], terms), start)
    for person in people:
        command = StandForCouncil(person, called.id, "Fair pay, and time to read.")
        stand_for_council(db, command, start)
    for number, person in enumerate(people):
        ballot = VoteInElection(person, called.id, people)
        vote_in_election(db, ballot, called.stands_until, str(UUID(int=number)))
    assert keep_elections(db, now) == 1


def newcomers(db: Database, number: int, now: Instant) -> list[int]:
    """Invite contributors who have done nothing yet."""
    return [
        invite_person(db, InvitePerson(None, f"Nia {n}"), now, link_hours=72).person_id
        for n in range(number)
    ]


def sign(db: Database, proposal_id: int, now: Instant, vote: str = "sign") -> None:
    """Let as many of the council as are needed say the same of a proposal."""
    with db.read() as connection:
        found = store.load_proposal(connection, proposal_id)
        sitting = store.load_council(connection, now).sitting
    assert found is not None
    for person in sitting[: found.quorum]:
        sign_policy(db, SignPolicy(person, proposal_id, vote, found.sha256, "As agreed."), now)


def agree(db: Database, proposal_id: int, now: Instant) -> None:
    """Let the council sign a proposal, and let it take effect."""
    sign(db, proposal_id, now)
    assert apply_signed_policies(db, now) == 1
