"""A person chooses which letters they want, on their page or by one click in a letter."""

from __future__ import annotations

from collections.abc import Collection

from fairhand.core.clock import Instant
from fairhand.people.post import store
from fairhand.people.post.rules import CHOSEN, read_stop_token
from fairhand.storage.database import Database


def choose_letters(
    db: Database,
    person_id: int,
    wanted: Collection[str],
    now: Instant,
    among: Collection[str] = CHOSEN,
) -> None:
    """Remember which kinds somebody wants, of those asked about that one may do without."""
    with db.write() as connection:
        for kind in (one for one in CHOSEN if one in among):
            store.choose(connection, person_id, kind, kind in wanted, now)


def stop_letters(db: Database, secret: bytes, token: str, now: Instant) -> bool:
    """End one kind of letter for whom it was written to; False when the link is not ours."""
    read = read_stop_token(secret, token)
    if read is None:
        return False
    person_id, kind = read
    with db.write() as connection:
        if not store.is_person(connection, person_id):
            return False
        store.choose(connection, person_id, kind, False, now)
    return True


def chosen_letters(db: Database, person_id: int) -> dict[str, bool]:
    """Say which kinds somebody wants."""
    with db.read() as connection:
        return store.choices(connection, person_id)
