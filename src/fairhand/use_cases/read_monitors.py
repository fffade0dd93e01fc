"""What monitors see now, and the incidents that they raised."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import monitor_store as store
from fairhand.people.conduct.monitor_store import Incident
from fairhand.people.conduct.monitoring import K
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.watch_conduct import Found, look, look_at_groups, look_at_offers


@dataclass(frozen=True, slots=True)
class Monitors:
    """What is seen now, incidents, names of the people in them, and how many described themselves.

    `declared` is None below `K` people; `seated` are those on the council.
    """

    found: Found
    incidents: tuple[Incident, ...]
    names: dict[int, str]
    declared: int | None
    seated: frozenset[int]


def read_monitors(db: Database, now: Instant) -> Monitors:
    """Look through all monitors for those who answer for them."""
    with db.read() as connection:
        found = look(connection, now)
        return _monitors(connection, found, store.list_incidents(connection), now)


def read_council_monitors(db: Database, person_id: int, now: Instant) -> Monitors:
    """Look through what is for the council; raises ForbiddenError for who does not sit there."""
    with db.read() as connection:
        if person_id not in store.list_seated(connection, now):
            raise ForbiddenError("This page is for those who sit on the council.")
        offers = look_at_offers(connection, now)
        groups = tuple(look_at_groups(connection, now))
        found = Found((), offers, groups, {}, ())
        shown = [one for one in store.list_incidents(connection) if one.audience == "council"]
        return _monitors(connection, found, shown, now)


def _monitors(
    connection: Connection, found: Found, incidents: list[Incident], now: Instant
) -> Monitors:
    people = {one.reviewer_id for one in found.stamps}
    people |= {one.closed_by for one in incidents if one.closed_by is not None}
    people |= {who for one in incidents if isinstance(who := one.evidence.get("reviewer"), int)}
    declared = len(store.load_declared(connection))
    return Monitors(
        found,
        tuple(incidents),
        accounts.names_of(connection, people),
        declared // 10 * 10 if declared >= K else None,
        frozenset(store.list_seated(connection, now)),
    )
