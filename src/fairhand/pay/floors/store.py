"""Wage rows in the database: loaded from files, superseded, never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, bindparam, column, select, table, update

from fairhand.core.clock import Instant
from fairhand.pay.floors.reader import FIELDS
from fairhand.pay.floors.rules import Floor, FloorRow, floor_for
from fairhand.storage.tables.pay import wage_floor

_person = table("person", column("id"), column("place_country"), column("place_region"))
_CURRENT = select(*(wage_floor.c[name] for name in FIELDS)).where(
    wage_floor.c.superseded_at.is_(None)
)
_SUPERSEDE = (
    update(wage_floor)
    .where(wage_floor.c.id == bindparam("p_id"), wage_floor.c.superseded_at.is_(None))
    .values(superseded_at=bindparam("p_now"))
)
_PLACE = select(_person.c.place_country, _person.c.place_region).where(
    _person.c.id == bindparam("p_person_id")
)


@dataclass(frozen=True, slots=True)
class SavedFloors:
    """How many rows were new, changed, and known already."""

    added: int
    changed: int
    unchanged: int


def load_rows(connection: Connection, country: str | None = None) -> list[FloorRow]:
    """Load the current rows of a country, or of all."""
    chosen = _CURRENT if country is None else _CURRENT.where(wage_floor.c.country == country)
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
    return SavedFloors(len(added), len(changed), len(rows) - len(added) - len(changed))


def floor_of_person(connection: Connection, person_id: int, at: Instant) -> Floor | None:
    """Find the floor of where a person lives; None when there is none yet."""
    place = connection.execute(_PLACE, {"p_person_id": person_id}).first()
    if place is None:
        return None
    return floor_for(load_rows(connection, place[0]), place[0], place[1], at)
