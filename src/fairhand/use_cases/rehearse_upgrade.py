"""Upgrade a copy of the database first: what changes, how long it takes, and whether it holds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from fairhand.core.errors import FairhandError, UnavailableError
from fairhand.storage import migrate
from fairhand.storage.database import Database
from fairhand.storage.rehearsal import Shape, shape_of
from fairhand.storage.snapshots import snapshot, spare_database
from fairhand.use_cases.back_up import Report, marks_of


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What an upgrade would do; `troubles` is empty when it may go ahead."""

    revision: str
    wanted: str
    steps: tuple[str, ...]
    seconds: float
    new_tables: tuple[str, ...]
    new_columns: tuple[str, ...]
    gone: tuple[str, ...]
    troubles: tuple[str, ...]


def rehearse_upgrade(db: Database, report: Report) -> Rehearsal:
    """Copy the database, run the missing revisions on the copy, look at it, and throw it away."""
    with tempfile.TemporaryDirectory(prefix="fairhand-upgrade-") as folder:
        with snapshot(db) as look:
            before = shape_of(look.connection)
            look.save(Path(folder), lambda done, total: report("Copy", done, total))
            file = Path(folder) / look.file_name
        with spare_database(db.url, file) as copy:
            return try_upgrade(copy, before)


def try_upgrade(copy: Database, before: Shape) -> Rehearsal:
    """Run the missing revisions on a database that may be spoilt, and compare."""
    at = migrate.current(copy) or ""
    began = perf_counter()
    after, troubles = before, list(_tried(lambda: migrate.upgrade(copy)))
    seconds = perf_counter() - began
    if not troubles:
        with copy.read() as connection:
            after = shape_of(connection)
            troubles += _tried(lambda: marks_of(connection))
        troubles += after.troubles_since(before)
    return Rehearsal(
        revision=at,
        wanted=migrate.head() or "",
        steps=tuple(migrate.steps_after(at)),
        seconds=round(seconds, 3),
        new_tables=tuple(sorted(after.columns.keys() - before.columns.keys())),
        new_columns=after.columns_beyond(before),
        gone=before.columns_beyond(after) + tuple(sorted(before.columns.keys() - after.columns)),
        troubles=tuple(troubles),
    )


def _tried(work: Callable[[], object]) -> list[str]:
    try:
        work()
    except FairhandError as error:
        return [error.message]
    except Exception as error:  # whatever a revision meets: it is what we came to find
        return [f"{type(error).__name__}: {error}"]
    return []


def must_hold(found: Rehearsal) -> None:
    """Raise UnavailableError when a rehearsal found trouble."""
    if found.troubles:
        raise UnavailableError(
            f"The upgrade to {found.wanted} does not work on a copy of this database: "
            f"{found.troubles[0]} Nothing was changed.",
            code="upgrade_fails",
        )
