"""What the page of exchange rates reads: the newest of each pair, and the pairs that are needed."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.pay.floors import store as floors
from fairhand.pay.floors.rules import floor_for
from fairhand.pay.fx import store
from fairhand.pay.fx.rules import RateFound
from fairhand.pay.fx.store import KeptRate
from fairhand.storage.database import Connection, Database
from fairhand.work.projects.store import list_projects


@dataclass(frozen=True, slots=True)
class NeededRate:
    """A pair that offers and closes need: floors in `base`, projects that pay in `quote`."""

    base: str
    quote: str
    found: RateFound | None


@dataclass(frozen=True, slots=True)
class RateOffice:
    """The page of exchange rates."""

    latest: tuple[KeptRate, ...]
    needed: tuple[NeededRate, ...]
    kept: int


def read_rates(db: Database, now: Instant) -> RateOffice:
    """Load the newest rate of each pair, and what is needed between floors and projects."""
    with db.read() as connection:
        book = store.load_book(connection, now, now)
        needed = tuple(
            NeededRate(base, quote, book.at(base, quote, now))
            for base, quote in _pairs(connection, now)
        )
        return RateOffice(
            tuple(store.load_latest(connection)), needed, store.count_rates(connection)
        )


def _pairs(connection: Connection, now: Instant) -> list[tuple[str, str]]:
    rows = floors.load_rows(connection)
    places = [
        floor_for(rows, country, region, now)
        for country, region, _ in floors.count_places(connection)
    ]
    bases = {floor.currency for floor in places if floor is not None}
    quotes = {project.currency for project in list_projects(connection) if project.mode != "closed"}
    return sorted((base, quote) for base in bases for quote in quotes if base != quote)
