"""What the people page reads."""

from __future__ import annotations

from fairhand.core.errors import NotFoundError
from fairhand.people.accounts import store
from fairhand.people.accounts.store import Account, PersonRow
from fairhand.storage.database import Database


def read_people(db: Database) -> list[tuple[PersonRow, list[str]]]:
    """List accounts with their roles."""
    with db.read() as connection:
        return store.list_people(connection)


def read_account(db: Database, person_id: int) -> Account:
    """Load a person's own account; raises NotFoundError."""
    with db.read() as connection:
        found = store.load_account(connection, person_id)
    if found is None:
        raise NotFoundError(f"There is no person {person_id}.")
    return found
