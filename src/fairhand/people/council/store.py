"""The council and what waits for it, in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, or_, select, update

from fairhand.core.clock import Instant
from fairhand.people.council.rules import Council, Kind, Proposal, State, Voice, may_sit
from fairhand.storage.kept import Kept
from fairhand.storage.tables.conduct import council_seat, election, proposal, proposal_vote
from fairhand.storage.tables.people import membership, person

_COLUMNS = tuple(proposal.c[name] for name in Proposal.__slots__)
_NEWEST = (
    select(election.c.id)
    .where(election.c.state == "counted")
    .order_by(election.c.id.desc())
    .limit(1)
)
_SEATS = select(
    council_seat.c.person_id,
    council_seat.c.from_at,
    council_seat.c.until_at,
    council_seat.c.left_at,
).where(council_seat.c.election_id == bindparam("p_election_id"))
_MEMBERS = (
    select(membership.c.person_id, membership.c.role)
    .join(person, person.c.id == membership.c.person_id)
    .where(person.c.state == "active", ~person.c.is_simulated)
)
_DECIDE = (
    update(proposal)
    .where(proposal.c.id == bindparam("p_id"), proposal.c.state == "waiting")
    .values(state=bindparam("state"), decided_at=bindparam("decided_at"))
)


@dataclass(frozen=True, slots=True)
class CastVote:
    """A vote as people may read it."""

    person_id: int
    name: str
    vote: str
    sha256: str
    reason: str
    at: Instant


def electorate(connection: Connection) -> frozenset[int]:
    """Everybody who may vote and stand: contributors with an open account who manage nothing."""
    roles: dict[int, set[str]] = {}
    for person_id, role in connection.execute(_MEMBERS):
        roles.setdefault(person_id, set()).add(role)
    return frozenset(one for one, held in roles.items() if may_sit(frozenset(held)))


def belongs(connection: Connection, person_id: int) -> bool:
    """Say whether one person may vote and stand."""
    rows = connection.execute(_MEMBERS.where(membership.c.person_id == person_id))
    return may_sit(frozenset(role for _, role in rows))


def manages(connection: Connection, person_id: int) -> bool:
    """Say whether one person owns or manages anything."""
    rows = connection.execute(_MEMBERS.where(membership.c.person_id == person_id))
    return any(role in ("owner", "manager") for _, role in rows)


def newest_counted(connection: Connection) -> int | None:
    """Find the election whose seats hold."""
    found: int | None = connection.execute(_NEWEST).scalar_one_or_none()
    return found


def load_council(connection: Connection, now: Instant) -> Council:
    """Load the seats of the newest counted election; a seat ends when its person may not sit."""
    newest = newest_counted(connection)
    if newest is None:
        return Council()
    rows = connection.execute(_SEATS, {"p_election_id": newest}).all()
    held = [row[0] for row in rows if row[1] <= now < row[2] and row[3] is None]
    sitting = tuple(sorted(one for one in held if belongs(connection, one)))
    until = max((row[2] for row in rows), default=None)
    return Council(len(rows), sitting, until)


def add_proposal(connection: Connection, new: dict[str, Any]) -> Proposal:
    """Keep a proposal and give it back with its number."""
    added = connection.execute(proposal.insert(), new)
    key = added.inserted_primary_key
    assert key is not None  # noqa: S101  # a single-row INSERT always has one
    found = load_proposal(connection, int(key[0]))
    assert found is not None  # noqa: S101  # it was just written
    return found


def load_proposal(
    connection: Connection, proposal_id: int, *, hold: bool = False
) -> Proposal | None:
    """Load one proposal; with `hold`, nobody else decides it until the transaction ends."""
    chosen = select(*_COLUMNS).where(proposal.c.id == proposal_id)
    row = connection.execute(chosen.with_for_update() if hold else chosen).first()
    return None if row is None else Proposal(*row)


def list_proposals(
    connection: Connection,
    *,
    state: State | None = None,
    kind: Kind | None = None,
    project_id: int | None = None,
    most: int = 200,
) -> list[Proposal]:
    """List proposals, newest first."""
    chosen: Select[Any] = select(*_COLUMNS).order_by(proposal.c.id.desc()).limit(most)
    if state is not None:
        chosen = chosen.where(proposal.c.state == state)
    if kind is not None:
        chosen = chosen.where(proposal.c.kind == kind)
    if project_id is not None:
        chosen = chosen.where(proposal.c.project_id == project_id)
    return [Proposal(*row) for row in connection.execute(chosen)]


def list_due(connection: Connection, now: Instant) -> list[Proposal]:
    """List what may take effect, has not yet, and whose first moment has come; oldest first."""
    may = or_(
        proposal.c.state.in_(("signed", "no_council")),
        and_(proposal.c.state == "lapsed", proposal.c.is_stricter),
    )
    chosen = (
        select(*_COLUMNS)
        .where(may, proposal.c.applied_at.is_(None), proposal.c.starts_at <= now)
        .order_by(proposal.c.id)
    )
    return [Proposal(*row) for row in connection.execute(chosen)]


KEPT: Final = Kept(proposal)


def all_votes(connection: Connection) -> dict[tuple[int, int], tuple[str, str]]:
    """Give every vote and the SHA-256 of what was read, by proposal and person."""
    chosen = select(
        proposal_vote.c.proposal_id,
        proposal_vote.c.person_id,
        proposal_vote.c.vote,
        proposal_vote.c.sha256,
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(chosen)}


def decide(connection: Connection, proposal_id: int, state: State, now: Instant) -> None:
    """Write how a waiting proposal ended; ValueError when it had ended before."""
    given = {"p_id": proposal_id, "state": state, "decided_at": now}
    if connection.execute(_DECIDE, given).rowcount != 1:
        raise ValueError(f"proposal {proposal_id} has been decided before")


def mark_applied(connection: Connection, proposal_id: int, now: Instant) -> bool:
    """Write that a proposal took effect; False when somebody else was quicker."""
    chosen = update(proposal).where(proposal.c.id == proposal_id, proposal.c.applied_at.is_(None))
    return connection.execute(chosen.values(applied_at=now)).rowcount == 1


def set_aside(connection: Connection, proposal_id: int) -> None:
    """Write that a proposal cannot take effect after all: what held before goes on."""
    chosen = update(proposal).where(proposal.c.id == proposal_id)
    connection.execute(chosen.values(state="withdrawn"))


def add_vote(
    connection: Connection,
    proposal_id: int,
    voice: Voice,
    reason: str,
    now: Instant,
) -> None:
    """Keep a vote; a second one of the same person takes the place of the first."""
    mine = and_(
        proposal_vote.c.proposal_id == proposal_id, proposal_vote.c.person_id == voice.person_id
    )
    connection.execute(proposal_vote.delete().where(mine))
    connection.execute(
        proposal_vote.insert(),
        {
            "proposal_id": proposal_id,
            "person_id": voice.person_id,
            "sha256": voice.sha256,
            "vote": voice.vote,
            "reason": reason,
            "at": now,
        },
    )


def voices_of(connection: Connection, proposal_id: int) -> list[Voice]:
    """List the votes on a proposal."""
    chosen = select(proposal_vote.c.person_id, proposal_vote.c.vote, proposal_vote.c.sha256).where(
        proposal_vote.c.proposal_id == proposal_id
    )
    return [Voice(*row) for row in connection.execute(chosen)]


def list_cast(connection: Connection, proposal_id: int) -> list[CastVote]:
    """List the votes on a proposal with names and reasons: who sits answers in the open."""
    vote = proposal_vote.c
    chosen = (
        select(vote.person_id, person.c.display_name, vote.vote, vote.sha256, vote.reason, vote.at)
        .join(person, person.c.id == vote.person_id)
        .where(vote.proposal_id == proposal_id)
        .order_by(vote.at, vote.person_id)
    )
    return [CastVote(*row) for row in connection.execute(chosen)]
