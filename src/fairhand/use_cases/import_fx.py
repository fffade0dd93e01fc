"""Exchange rates are imported from a file, with their source and their day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex
from fairhand.pay.fx import store
from fairhand.pay.fx.reader import ReadRate, read_rates
from fairhand.pay.fx.rules import day_of
from fairhand.proof.log import store as log
from fairhand.storage.database import Database

_EARTH_TURNS = timedelta(days=1)  # somewhere it is tomorrow already


@dataclass(frozen=True, slots=True)
class ImportFx:
    """The bytes of a file, and who brings it."""

    data: bytes
    imported_by: int | None = None


@dataclass(frozen=True, slots=True)
class ImportedFx:
    """What was kept, and what was wrong with the rest."""

    saved: store.SavedRates
    issues: tuple[Issue, ...]


def import_fx(db: Database, command: ImportFx, now: Instant) -> ImportedFx:
    """Keep every good rate and report every bad one; the same file again changes nothing."""
    read = read_rates(command.data)
    rates, issues = _of_days_that_have_come(read.rates, now)
    with db.write() as connection:
        saved = store.save_rates(connection, rates, command.imported_by, now)
        if saved.added:
            body = {
                "file_sha256": sha256_hex(command.data),
                "added": saved.added,
                "rows_sha256": saved.sha256,
            }
            log.append(connection, "pay.rates_imported", body, now, command.imported_by)
    return ImportedFx(saved, (*read.issues, *issues))


def _of_days_that_have_come(
    rates: tuple[ReadRate, ...], now: Instant
) -> tuple[list[ReadRate], list[Issue]]:
    """Leave out rates of the future: a rate is a fact about a day."""
    last = day_of(now) + _EARTH_TURNS
    early = [one.rate for one in rates if one.rate.as_of > last]
    issues = [
        Issue(f"{rate.base}/{rate.quote}", f"{rate.as_of} has not come yet.") for rate in early
    ]
    return [one for one in rates if one.rate.as_of <= last], issues
