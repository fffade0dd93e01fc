"""Elections in the database: who stands, who has voted, and ballots that name nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, and_, select, update

from fairhand.core.clock import Instant
from fairhand.people.council.elections import Count, Election
from fairhand.storage.database import insert
from fairhand.storage.tables.conduct import ballot, candidate, council_seat, election, voted
from fairhand.storage.tables.people import person, workspace

_COLUMNS = tuple(election.c[name] for name in Election.__slots__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who stands, and what they say."""

    person_id: int
    name: str
    statement: str


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat of the council that somebody holds or held."""

    person_id: int
    name: str
    from_at: Instant
    until_at: Instant
    left_at: Instant | None


def add_election(connection: Connection, new: Election) -> int:
    """Keep a new election; gives its number (the one in `new` is not looked at)."""
    values = {name: getattr(new, name) for name in Election.__slots__ if name != "id"}
    key = connection.execute(election.insert(), values).inserted_primary_key
    assert key is not None  # noqa: S101  # a single-row INSERT always has one
    return int(key[0])


def load_election(
    connection: Connection, election_id: int, *, hold: bool = False
) -> Election | None:
    """Load one election; with `hold`, nobody else ends it until the transaction ends."""
    chosen = select(*_COLUMNS).where(election.c.id == election_id)
    row = connection.execute(chosen.with_for_update() if hold else chosen).first()
    return None if row is None else Election(*row)


def newest_election(connection: Connection) -> Election | None:
    """Load the election that was called last."""
    row = connection.execute(select(*_COLUMNS).order_by(election.c.id.desc()).limit(1)).first()
    return None if row is None else Election(*row)


def take_turns(connection: Connection) -> None:
    """Keep others from calling an election until the transaction ends."""
    connection.execute(select(workspace.c.id).with_for_update())


def list_running(connection: Connection) -> list[Election]:
    """List elections that are not counted yet."""
    chosen = select(*_COLUMNS).where(election.c.state.in_(("standing", "voting")))
    return [Election(*row) for row in connection.execute(chosen)]


def set_state(connection: Connection, election_id: int, state: str) -> None:
    """Write what goes on."""
    connection.execute(update(election).where(election.c.id == election_id).values(state=state))


def stand(
    connection: Connection, election_id: int, person_id: int, statement: str, now: Instant
) -> None:
    """Let somebody stand; doing it again changes the statement."""
    values = {
        "election_id": election_id,
        "person_id": person_id,
        "statement": statement,
        "stood_at": now,
        "withdrew_at": None,
    }
    kept = insert(connection, candidate).values(values)
    connection.execute(
        kept.on_conflict_do_update(
            index_elements=["election_id", "person_id"],
            set_={"statement": statement, "withdrew_at": None},
        )
    )


def withdraw(connection: Connection, election_id: int, person_id: int, now: Instant) -> bool:
    """Let somebody stand no more; False when they did not."""
    chosen = update(candidate).where(
        candidate.c.election_id == election_id,
        candidate.c.person_id == person_id,
        candidate.c.withdrew_at.is_(None),
    )
    return connection.execute(chosen.values(withdrew_at=now)).rowcount == 1


def list_candidates(connection: Connection, election_id: int) -> list[Candidate]:
    """List who stands, by name."""
    chosen = (
        select(candidate.c.person_id, person.c.display_name, candidate.c.statement)
        .join(person, person.c.id == candidate.c.person_id)
        .where(candidate.c.election_id == election_id, candidate.c.withdrew_at.is_(None))
        .order_by(person.c.display_name, candidate.c.person_id)
    )
    return [Candidate(*row) for row in connection.execute(chosen)]


def has_voted(connection: Connection, election_id: int, person_id: int) -> bool:
    """Say whether somebody has voted; how, nothing tells."""
    mine = and_(voted.c.election_id == election_id, voted.c.person_id == person_id)
    return connection.execute(select(voted.c.person_id).where(mine)).first() is not None


def add_ballot(
    connection: Connection, election_id: int, person_id: int, uid: str, approves: Sequence[int]
) -> bool:
    """Keep that somebody voted and, apart from it, a ballot; False when they had voted before."""
    mark = insert(connection, voted).values(election_id=election_id, person_id=person_id)
    new = mark.on_conflict_do_nothing().returning(voted.c.person_id)
    if connection.execute(new).first() is None:
        return False
    text = orjson.dumps(sorted(approves)).decode()
    row = {"uid": uid, "election_id": election_id, "approves": text}
    connection.execute(ballot.insert(), row)
    return True


def count_voted(connection: Connection, election_id: int) -> int:
    """How many have voted so far."""
    chosen = select(voted.c.person_id).where(voted.c.election_id == election_id)
    return len(connection.execute(chosen).all())


def load_ballots(connection: Connection, election_id: int) -> list[list[int]]:
    """Load every ballot, in the order of their random numbers."""
    chosen = select(ballot.c.approves).where(ballot.c.election_id == election_id)
    rows = connection.execute(chosen.order_by(ballot.c.uid)).scalars()
    return [orjson.loads(text) for text in rows]


def end_election(connection: Connection, election_id: int, found: Count) -> None:
    """Write the result and throw the ballots away: the count says all that may be known."""
    text = orjson.dumps(found.as_json()).decode()
    state = "counted" if found.is_valid else "void"
    chosen = update(election).where(election.c.id == election_id)
    connection.execute(chosen.values(state=state, result=text))
    connection.execute(ballot.delete().where(ballot.c.election_id == election_id))


def seat(connection: Connection, ended: Election, elected: Sequence[int], now: Instant) -> None:
    """Seat those who were elected; those who sat before leave their seats."""
    leave = update(council_seat).where(
        council_seat.c.left_at.is_(None), council_seat.c.until_at > now
    )
    connection.execute(leave.values(left_at=now))
    rows = [
        {
            "election_id": ended.id,
            "person_id": one,
            "from_at": now,
            "until_at": now + ended.term_ms,
        }
        for one in elected
    ]
    if rows:
        connection.execute(council_seat.insert(), rows)


def leave_seat(connection: Connection, person_id: int, now: Instant) -> bool:
    """Give a seat back; False when the person holds none."""
    chosen = update(council_seat).where(
        council_seat.c.person_id == person_id,
        council_seat.c.left_at.is_(None),
        council_seat.c.until_at > now,
    )
    return connection.execute(chosen.values(left_at=now)).rowcount > 0


def list_seats(connection: Connection, election_id: int) -> list[Seat]:
    """List the seats that an election filled."""
    held = council_seat.c
    chosen = (
        select(held.person_id, person.c.display_name, held.from_at, held.until_at, held.left_at)
        .join(person, person.c.id == held.person_id)
        .where(held.election_id == election_id)
        .order_by(person.c.display_name)
    )
    return [Seat(*row) for row in connection.execute(chosen)]
