"""Wage rows in the database: loaded from files, superseded, never overwritten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    column,
    func,
    or_,
    select,
    table,
    update,
)

from fairhand.core.clock import Instant
from fairhand.core.ids import rows_sha256
from fairhand.pay.floors.reader import FIELDS
from fairhand.pay.floors.rules import Floor, FloorRow, Held, floor_for
from fairhand.storage.tables.pay import wage_floor
from fairhand.storage.tables.pay_office import floor_ratchet

_person = table("person", column("id"), column("place_country"), column("place_region"))
_CURRENT = select(*(wage_floor.c[name] for name in FIELDS)).where(
    wage_floor.c.superseded_at.is_(None)
)
_VERSIONS = (
    select(*(wage_floor.c[name] for name in FIELDS), wage_floor.c.recorded_at)
    .where(wage_floor.c.id == bindparam("p_id"))
    .order_by(wage_floor.c.key)
)
_SUPERSEDE = (
    update(wage_floor)
    .where(wage_floor.c.id == bindparam("p_id"), wage_floor.c.superseded_at.is_(None))
    .values(superseded_at=bindparam("p_now"))
)
_PLACES = (
    select(_person.c.place_country, _person.c.place_region, func.count())
    .group_by(_person.c.place_country, _person.c.place_region)
    .order_by(_person.c.place_country, _person.c.place_region)
)
_HELD = select(
    floor_ratchet.c.project_id,
    floor_ratchet.c.currency,
    floor_ratchet.c.minor_per_hour,
    floor_ratchet.c.floor_row,
    floor_ratchet.c.since,
).where(floor_ratchet.c.person_id == bindparam("p_person_id"))
_PLACE = select(_person.c.place_country, _person.c.place_region).where(
    _person.c.id == bindparam("p_person_id")
)


@dataclass(frozen=True, slots=True)
class SavedFloors:
    """How many rows were new, changed, and known already."""

    added: int
    changed: int
    unchanged: int
    sha256: str = field(default="", compare=False)
    """Of the rows that were written, as `sums_by_time` reckons it again."""


def load_rows(
    connection: Connection, country: str | None = None, at: Instant | None = None
) -> list[FloorRow]:
    """Load the rows of a country, or of all: those known now, or those that were known at `at`.

    When a row was known is one time, when it is valid (`valid_from`, `valid_to`) another.
    """
    chosen = _CURRENT if at is None else _known_at(at)
    if country is not None:
        chosen = chosen.where(wage_floor.c.country == country)
    return [FloorRow(*row) for row in connection.execute(chosen.order_by(wage_floor.c.id))]


def save_rows(connection: Connection, rows: Sequence[FloorRow], now: Instant) -> SavedFloors:
    """Keep rows: a known id with other words supersedes the row before it."""
    known = {row.id: row for row in load_rows(connection)}
    changed = [row for row in rows if row.id in known and known[row.id] != row]
    added = [row for row in rows if row.id not in known]
    if changed:
        connection.execute(_SUPERSEDE, [{"p_id": row.id, "p_now": now} for row in changed])
    if changed or added:
        values = [{**asdict(row), "recorded_at": now} for row in [*changed, *added]]
        connection.execute(wage_floor.insert(), values)
    written = rows_sha256([getattr(row, name) for name in FIELDS] for row in [*changed, *added])
    return SavedFloors(len(added), len(changed), len(rows) - len(added) - len(changed), written)


def sums_by_time(connection: Connection) -> Iterator[tuple[Instant, int, str]]:
    """Give how many rows were recorded at each instant, and their SHA-256."""
    at = wage_floor.c.recorded_at
    found = connection.execute(
        select(at, *(wage_floor.c[name] for name in FIELDS)).order_by(at, wage_floor.c.key),
        execution_options={"yield_per": 1_000},
    )
    for recorded_at, rows in groupby(found, itemgetter(0)):
        together = [row[1:] for row in rows]
        yield Instant(recorded_at), len(together), rows_sha256(together)


def list_breaks(connection: Connection) -> list[str]:
    """Name the rows whose versions do not follow each other: each ends as the next is recorded."""
    found = connection.execute(
        select(wage_floor.c.id, wage_floor.c.recorded_at, wage_floor.c.superseded_at).order_by(
            wage_floor.c.id, wage_floor.c.key
        )
    )
    broken = []
    for row_id, versions in groupby(found, itemgetter(0)):
        kept = list(versions)
        ends = [one[2] for one in kept]
        if ends != [*(one[1] for one in kept[1:]), None]:
            broken.append(row_id)
    return broken


def load_evidence(connection: Connection, sha256: str) -> str | None:
    """Name the row that a piece of evidence stands behind; None when there is none."""
    chosen = select(wage_floor.c.id).where(wage_floor.c.evidence_sha256 == sha256).limit(1)
    return connection.execute(chosen).scalar_one_or_none()


def load_row(connection: Connection, row_id: str) -> FloorRow | None:
    """Load one row as it stands now; None when there is none."""
    found = connection.execute(_CURRENT.where(wage_floor.c.id == row_id)).first()
    return None if found is None else FloorRow(*found)


def load_versions(connection: Connection, row_id: str) -> list[tuple[Instant, FloorRow]]:
    """Load everything that a row has ever said, with when it was recorded, oldest first."""
    found = connection.execute(_VERSIONS, {"p_id": row_id})
    return [(Instant(row[-1]), FloorRow(*row[:-1])) for row in found]


def floor_of_person(connection: Connection, person_id: int, at: Instant) -> Floor | None:
    """Find the floor of where a person lives; None when there is none yet."""
    place = connection.execute(_PLACE, {"p_person_id": person_id}).first()
    if place is None:
        return None
    return floor_for(load_rows(connection, place[0]), place[0], place[1], at)


def load_held(connection: Connection, person_id: int) -> dict[tuple[int, str], Held]:
    """Load the highest floors a person has had, by project and currency."""
    return {
        (project_id, currency): Held(minor, row, Instant(since))
        for project_id, currency, minor, row, since in connection.execute(
            _HELD, {"p_person_id": person_id}
        )
    }


def count_places(connection: Connection) -> list[tuple[str, str, int]]:
    """Count who lives where: country, region and number of people; no country is empty."""
    return [(row[0], row[1], row[2]) for row in connection.execute(_PLACES)]


def _known_at(at: Instant) -> Select[tuple[Any, ...]]:
    return select(*(wage_floor.c[name] for name in FIELDS)).where(
        wage_floor.c.recorded_at <= at,
        or_(wage_floor.c.superseded_at.is_(None), wage_floor.c.superseded_at > at),
    )
