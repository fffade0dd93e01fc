"""A person says to which groups they belong, or takes it back; for figures of groups alone."""

from __future__ import annotations

from collections.abc import Mapping

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError
from fairhand.people.conduct import monitor_store as store
from fairhand.people.conduct.impact import declared_issues
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


def declare_groups(db: Database, person_id: int, values: Mapping[str, str], now: Instant) -> None:
    """Keep what somebody says of themselves; an empty value deletes it, and leaves no trace.

    Raises InvalidError for what there is no question for. The log says that it was changed, and
    nothing of what was said.
    """
    issues = declared_issues(values)
    if issues:
        raise InvalidError("Something here cannot be kept.", issues=issues)
    with db.write() as connection:
        store.save_declared(connection, person_id, values, now)
        log.append(connection, "own.changed", {"person": person_id}, now, person_id)


def read_declared(db: Database, person_id: int) -> dict[str, str]:
    """Read what a person says of themselves, for themselves."""
    with db.read() as connection:
        return store.load_own_declared(connection, person_id)
