"""Each recipient's release gets marks of its own: of each pair of like items, one by a toss."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.proof.licensing import mark_store as store
from fairhand.proof.licensing.marks import MOST_PAIRS, Coin, choose_marks, choose_pairs
from fairhand.storage.database import Connection


def mark_release(
    connection: Connection, project_id: int, recipient: str, rng: Coin, now: Instant
) -> int:
    """Toss for a recipient, before their release is written; gives how many pairs they have.

    Does nothing for a release that is for no licensee. Tosses are kept: a recipient's next release
    holds the same items of the same pairs, under whichever licence. What must stay out of the
    release is `mark_store.left_out`.
    """
    found = store.find_recipient(connection, project_id, recipient) if recipient else None
    if found is None:
        return 0
    licence_id, licensee_id = found
    missing = MOST_PAIRS - store.count_pairs(connection, project_id)
    if missing > 0:
        items = store.list_markable(connection, project_id)
        store.add_pairs(connection, project_id, choose_pairs(items, missing), now)
    known_marks = store.list_marks(connection, project_id).get(licensee_id, {})
    fresh = [
        one.id
        for one in store.list_pairs(connection, project_id)
        if one.is_whole and one.id not in known_marks
    ]
    tossed = choose_marks(fresh, [licensee_id], rng)[licensee_id]
    store.add_marks(connection, licence_id, {**known_marks, **tossed})
    return len(known_marks) + len(tossed)
