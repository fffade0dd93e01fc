"""Seal the books: every settled entry into a block, every block into the log. Off the request path.

The log's own seal and signature then cover the block, and so every entry before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.pay.books import store
from fairhand.pay.books.reader import PAGE
from fairhand.pay.books.settled import settled_until
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class SealedBooks:
    """What one sealing did; `is_settled` is False when a long transaction kept it from looking."""

    blocks: int
    entries: int
    is_settled: bool = True


def seal_books(db: Database, now: Instant, step_size: int = PAGE) -> SealedBooks:
    """Seal everything that is settled, in transactions short enough for others to get between."""
    until = settled_until(db)
    if until is None:
        return SealedBooks(0, 0, is_settled=False)
    blocks = entries = 0
    while (draft := _draft(db, until, step_size)) is not None:
        block = _save(db, draft, now)
        if block is not None:  # else another sealer was quicker: look again
            blocks += 1
            entries += block.entries
    return SealedBooks(blocks, entries)


def _draft(db: Database, until: int, most: int) -> store.Draft | None:
    with db.read() as connection:
        return store.draft_block(connection, until, most)


def _save(db: Database, draft: store.Draft, now: Instant) -> store.Block | None:
    with db.write() as connection:
        block = store.save_block(connection, draft, now)
        if block is not None:
            body = {
                "block": block.id,
                "first": block.first_entry_id,
                "last": block.last_entry_id,
                "entries": block.entries,
                "sha256": block.sha256,
                "previous": block.previous_sha256,
            }
            log.append(connection, "pay.books_sealed", body, now)
    return block
