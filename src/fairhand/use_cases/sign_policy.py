"""A member of the council signs a proposal by its hash, or refuses it with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.people.council import store
from fairhand.people.council.rules import Proposal, State, Voice, Vote, state_after, voice_issues
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class SignPolicy:
    """Who says what about which proposal; `sha256` names the words that they read."""

    person_id: int
    proposal_id: int
    vote: str
    sha256: str
    reason: str = ""


def sign_policy(db: Database, command: SignPolicy, now: Instant) -> State:
    """Keep a vote and say where the proposal stands now; voting again changes one's vote.

    Raises ConflictError (`changed`) where the hash is not that of the proposal, and ForbiddenError
    for those who do not sit. What is signed takes effect by `apply_signed_policies`.
    """
    if issues := voice_issues(command.vote, command.reason):
        raise InvalidError("This vote cannot be counted.", issues=issues)
    with db.write() as connection:
        found = _open(connection, command, now)
        council = store.load_council(connection, now)
        if command.person_id not in council.sitting:
            raise ForbiddenError("Only those who sit on the council sign.", code="no_seat")
        voice = Voice(command.person_id, cast("Vote", command.vote), command.sha256)
        store.add_vote(connection, found.id, voice, command.reason.strip(), now)
        state = state_after(found, council, store.voices_of(connection, found.id), now)
        if state != "waiting":
            store.decide(connection, found.id, state, now)
        body = {
            "proposal": found.id,
            "vote": command.vote,
            "sha256": command.sha256,
            "state": state,
            "person": command.person_id,
        }
        person, project = command.person_id, found.project_id or None
        log.append(connection, "policy.voted", body, now, person, project)
    return state


def _open(connection: Connection, command: SignPolicy, now: Instant) -> Proposal:
    found = store.load_proposal(connection, command.proposal_id, hold=True)
    if found is None:
        raise NotFoundError(f"There is no proposal {command.proposal_id}.")
    if found.state != "waiting" or now >= found.decide_by:
        raise ConflictError("This proposal is not open any more.", code="decided")
    if command.sha256 != found.sha256 or not found.is_whole:
        raise ConflictError(
            "This is not what is proposed now. Read it again before you sign.", code="changed"
        )
    return found
