"""Wage rows are loaded from a wagefloor/v1 file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex
from fairhand.pay.floors import store
from fairhand.pay.floors.approval import meet, signature
from fairhand.pay.floors.reader import read_floor_rows
from fairhand.pay.floors.rules import FloorRow
from fairhand.pay.floors.shipped import shipped_floors
from fairhand.people.accounts import store as accounts
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class LoadWageFloors:
    """The text of a CSV file; None loads the rows that come with the product."""

    text: str | None = None
    loaded_by: int | None = None


@dataclass(frozen=True, slots=True)
class LoadedWageFloors:
    """What was kept, and what was wrong with the rest."""

    saved: store.SavedFloors
    issues: tuple[Issue, ...]


def load_wage_floors(db: Database, command: LoadWageFloors, now: Instant) -> LoadedWageFloors:
    """Keep every good row and report every bad one; the same file again changes nothing.

    A row that names nobody who entered it names whoever loads it. A file takes no approval away.
    """
    text = shipped_floors() if command.text is None else command.text
    read = read_floor_rows(text)
    with db.write() as connection:
        rows, issues = _met(connection, read.rows, _name(connection, command.loaded_by))
        saved = store.save_rows(connection, rows, now)
        if saved.added or saved.changed:
            body = {
                "file_sha256": sha256_hex(text.encode()),
                "added": saved.added,
                "changed": saved.changed,
                "rows_sha256": saved.sha256,
            }
            log.append(connection, "pay.wage_floors_loaded", body, now, command.loaded_by)
    return LoadedWageFloors(saved, (*read.issues, *issues))


def _met(
    connection: Connection, rows: Sequence[FloorRow], loader: str
) -> tuple[list[FloorRow], list[Issue]]:
    known = {row.id: row for row in store.load_rows(connection)}
    met = [meet(row, known.get(row.id)) for row in rows]
    kept = [one for one in met if not isinstance(one, Issue)]
    named = [one if one.entered_by else replace(one, entered_by=loader) for one in kept]
    return named, [one for one in met if isinstance(one, Issue)]


def _name(connection: Connection, person_id: int | None) -> str:
    person = None if person_id is None else accounts.load_person(connection, person_id)
    return "" if person is None else signature(person.display_name, person.id)
