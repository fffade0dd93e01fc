"""What the people page reads."""

from __future__ import annotations

from fairhand.people.accounts import store
from fairhand.people.accounts.store import PersonRow
from fairhand.storage.database import Database


def read_people(db: Database) -> list[tuple[PersonRow, list[str]]]:
    """List accounts with their roles."""
    with db.read() as connection:
        return store.list_people(connection)
