"""Elections go on by themselves: the vote begins, ends, is counted, and the council sits."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.people.council import election_store, store
from fairhand.people.council.elections import count
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


def keep_elections(db: Database, now: Instant) -> int:
    """Bring every running election to where it should be; says how many were counted."""
    with db.read() as connection:
        running = election_store.list_running(connection)
    return sum(_keep(db, one.id, now) for one in running)


def _keep(db: Database, election_id: int, now: Instant) -> bool:
    """Count one in a transaction of its own; False when it is not time, or somebody was quicker."""
    with db.write() as connection:
        found = election_store.load_election(connection, election_id, hold=True)
        if found is None:
            return False
        phase = found.phase(now)
        if phase == "voting" and found.state == "standing":
            election_store.set_state(connection, found.id, "voting")
        if phase != "counting":
            return False
        entitled = store.electorate(connection)
        standing = election_store.list_candidates(connection, found.id)
        candidates = [one.person_id for one in standing if one.person_id in entitled]
        ballots = election_store.load_ballots(connection, found.id)
        result = count(candidates, ballots, found.seats, len(entitled))
        election_store.end_election(connection, found.id, result)
        if result.is_valid:
            election_store.seat(connection, found, result.elected, now)
        body = {
            "election": found.id,
            "is_valid": result.is_valid,
            "entitled": result.entitled,
            "voted": result.voted,
            "needed": result.needed,
            "elected": list(result.elected),
        }
        log.append(connection, "council.counted", body, now)
    return True
