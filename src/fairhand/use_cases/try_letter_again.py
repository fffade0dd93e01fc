"""The administrator has a letter that waits tried at once, or calls it off."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.post import store
from fairhand.storage.database import Database


def try_letter_again(db: Database, number: int, now: Instant) -> None:
    """Have a letter that waits tried at once; raises NotFoundError when none waits."""
    with db.write() as connection:
        if not store.hurry(connection, number, now):
            raise _none(number)


def cancel_letter(db: Database, number: int, now: Instant) -> None:
    """Call off a letter that waits; raises NotFoundError when none waits."""
    with db.write() as connection:
        if not store.end(connection, number, "given_up", "Called off.", now):
            raise _none(number)


def _none(number: int) -> NotFoundError:
    return NotFoundError(f"No letter {number} waits; `fairhand mail outbox` lists them.")
