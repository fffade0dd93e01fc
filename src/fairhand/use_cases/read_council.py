"""The council as everybody may see it: who sits, who stands, what waits, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.accounts import store as accounts
from fairhand.people.council import election_store, figures_store, store
from fairhand.people.council.election_store import Candidate, Seat
from fairhand.people.council.elections import Election, needed_votes
from fairhand.people.council.figures_store import Figures
from fairhand.people.council.rules import Council, Kind, Proposal
from fairhand.people.council.store import CastVote
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class OneElection:
    """The election that was called last, as one person sees it."""

    election: Election
    phase: str
    candidates: tuple[Candidate, ...]
    entitled: int
    needed: int
    voted: int
    i_stand: bool
    i_voted: bool
    result: dict[str, Any]
    names: dict[int, str]


@dataclass(frozen=True, slots=True)
class OneProposal:
    """A proposal with its words and the votes of the council."""

    proposal: Proposal
    proposer: str
    votes: tuple[CastVote, ...]
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CouncilPage:
    """Everything about the council for one reader."""

    council: Council
    seats: tuple[Seat, ...]
    election: OneElection | None
    waiting: tuple[OneProposal, ...]
    decided: tuple[OneProposal, ...]
    figures: Figures | None  # for those who sit
    i_sit: bool
    i_belong: bool
    may_call: bool


def read_council(db: Database, person_id: int, now: Instant) -> CouncilPage:
    """Read the council for somebody; figures only for those who sit on it."""
    with db.read() as connection:
        council = store.load_council(connection, now)
        newest = election_store.newest_election(connection)
        i_sit = person_id in council.sitting
        i_belong = store.belongs(connection, person_id)
        return CouncilPage(
            council=council,
            seats=_seats(connection, council),
            election=None if newest is None else _election(connection, newest, person_id, now),
            waiting=_proposals(connection, waiting=True),
            decided=_proposals(connection, waiting=False),
            figures=figures_store.load_figures(connection, now) if i_sit else None,
            i_sit=i_sit,
            i_belong=i_belong,
            may_call=i_belong or store.manages(connection, person_id),
        )


def read_proposal(db: Database, proposal_id: int) -> OneProposal:
    """Read one proposal; raises NotFoundError."""
    with db.read() as connection:
        found = store.load_proposal(connection, proposal_id)
        if found is None:
            raise NotFoundError(f"There is no proposal {proposal_id}.")
        return _proposal(connection, found)


def read_proposals(db: Database, *, waiting: bool) -> tuple[OneProposal, ...]:
    """Read what waits, or what has been decided, newest first."""
    with db.read() as connection:
        return _proposals(connection, waiting=waiting)


def read_waiting(db: Database, kind: Kind, project_id: int) -> list[Proposal]:
    """List what waits for the council about one thing."""
    with db.read() as connection:
        return store.list_proposals(connection, state="waiting", kind=kind, project_id=project_id)


def _seats(connection: Connection, council: Council) -> tuple[Seat, ...]:
    number = store.newest_counted(connection)
    if number is None:
        return ()
    seats = election_store.list_seats(connection, number)
    return tuple(one for one in seats if one.person_id in council.sitting)


def _election(connection: Connection, found: Election, person_id: int, now: Instant) -> OneElection:
    candidates = election_store.list_candidates(connection, found.id)
    result = orjson.loads(found.result)
    entitled = int(result.get("entitled") or len(store.electorate(connection)))
    named = {one for one, _ in result.get("approvals", [])}
    return OneElection(
        election=found,
        phase=found.phase(now),
        candidates=tuple(candidates),
        entitled=entitled,
        needed=needed_votes(entitled),
        voted=election_store.count_voted(connection, found.id),
        i_stand=any(one.person_id == person_id for one in candidates),
        i_voted=election_store.has_voted(connection, found.id, person_id),
        result=result,
        names=accounts.names_of(connection, named),
    )


def _proposals(connection: Connection, *, waiting: bool) -> tuple[OneProposal, ...]:
    listed = store.list_proposals(connection, state="waiting" if waiting else None, most=50)
    return tuple(
        _proposal(connection, one) for one in listed if (one.state == "waiting") == waiting
    )


def _proposal(connection: Connection, found: Proposal) -> OneProposal:
    names = accounts.names_of(connection, [found.proposed_by])
    votes = store.list_cast(connection, found.id)
    body = orjson.loads(found.body)
    return OneProposal(found, names.get(found.proposed_by, ""), tuple(votes), body)
