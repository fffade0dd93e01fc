"""Wage rows are loaded from a wagefloor/v1 file."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex
from fairhand.pay.floors import store
from fairhand.pay.floors.reader import read_floor_rows
from fairhand.pay.floors.shipped import shipped_floors
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


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
    """Keep every good row and report every bad one; the same file again changes nothing."""
    text = shipped_floors() if command.text is None else command.text
    read = read_floor_rows(text)
    with db.write() as connection:
        saved = store.save_rows(connection, read.rows, now)
        if saved.added or saved.changed:
            body = {
                "file_sha256": sha256_hex(text.encode()),
                "added": saved.added,
                "changed": saved.changed,
            }
            log.append(connection, "pay.wage_floors_loaded", body, now, command.loaded_by)
    return LoadedWageFloors(saved, read.issues)
