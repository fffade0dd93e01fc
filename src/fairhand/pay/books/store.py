"""Seal the books in blocks, and check the seals.

Blocks are made in the order of entry ids and only up to where the books are settled, so what is
not sealed yet is exactly what lies above the last block: it is found by one look at that block.
Which entries a block has is kept one by one as well, so that nobody needs to believe the range.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, exists, func, insert, select, text

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.pay.books.reader import PAGE, entries_after, entries_of_block
from fairhand.pay.books.rules import GENESIS, block_sha256
from fairhand.storage.tables.pay import entry
from fairhand.storage.tables.pay_office import ledger_block, ledger_sealed

_ONE_SEALER: Final = text("SELECT pg_advisory_xact_lock(4207311)")  # a number of our own
_LAST = select(ledger_block).order_by(ledger_block.c.id.desc()).limit(1)
_ADD_BLOCK = insert(ledger_block)
_ADD_SEALED = insert(ledger_sealed)


@dataclass(frozen=True, slots=True)
class Block:
    """A sealed stretch of the books."""

    id: int
    entries: int
    first_entry_id: int
    last_entry_id: int
    previous_sha256: str
    sha256: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Draft:
    """A block that is ready to be kept, if nobody has sealed another meanwhile."""

    previous_sha256: str
    sha256: str
    entry_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChainState:
    """How far the books are sealed; `waiting` entries are not yet, the oldest since `since`."""

    blocks: int
    sealed: int
    last: Block | None
    waiting: int
    since: Instant | None


def draft_block(connection: Connection, until: int, most: int = PAGE) -> Draft | None:
    """Read and hash up to `most` entries above the last block and not above `until`; None: none.

    This is the long part of sealing: it only reads, so nobody waits for it.
    """
    last = last_block(connection)
    previous = last.sha256 if last else GENESIS
    entries = entries_after(connection, last.last_entry_id if last else 0, until, most)
    if not entries:
        return None
    return Draft(previous, block_sha256(previous, entries), tuple(one.id for one in entries))


def save_block(connection: Connection, draft: Draft, now: Instant) -> Block | None:
    """Keep a block; None when another was sealed since it was drafted. One sealer at a time."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_SEALER)
    last = last_block(connection)
    if (last.sha256 if last else GENESIS) != draft.previous_sha256:
        return None
    values = {
        "entries": len(draft.entry_ids),
        "first_entry_id": draft.entry_ids[0],
        "last_entry_id": draft.entry_ids[-1],
        "previous_sha256": draft.previous_sha256,
        "sha256": draft.sha256,
        "at": now,
    }
    block_id = connection.execute(_ADD_BLOCK.returning(ledger_block.c.id), values).scalar_one()
    connection.execute(
        _ADD_SEALED,
        [
            {"entry_id": entry_id, "block_id": block_id, "place": place}
            for place, entry_id in enumerate(draft.entry_ids)
        ],
    )
    return Block(id=int(block_id), **values)  # type: ignore[arg-type]  # the names above


def last_block(connection: Connection) -> Block | None:
    """Load the newest block; None before the first."""
    row = connection.execute(_LAST).one_or_none()
    return None if row is None else _block(row)


def list_blocks(connection: Connection, most: int | None = None) -> list[Block]:
    """List the newest blocks, the newest first."""
    chosen = select(ledger_block).order_by(ledger_block.c.id.desc()).limit(most)
    return [_block(row) for row in connection.execute(chosen)]


def chain_state(connection: Connection) -> ChainState:
    """Say how far the books are sealed."""
    last = last_block(connection)
    counted = select(func.count(), func.coalesce(func.sum(ledger_block.c.entries), 0))
    blocks, sealed = connection.execute(counted.select_from(ledger_block)).one()
    waits = select(func.count(), func.min(entry.c.recorded_at)).where(
        entry.c.id > (last.last_entry_id if last else 0)
    )
    waiting, since = connection.execute(waits).one()
    return ChainState(int(blocks), int(sealed), last, int(waiting), since)


def audit_chain(connection: Connection) -> Iterator[Issue]:
    """Recompute every block from its entries; nothing comes when all is as it was sealed."""
    previous, last_id = GENESIS, 0
    for block in _all_blocks(connection):
        yield from _audit_block(connection, block, previous, last_id)
        previous, last_id = block.sha256, block.last_entry_id
    below = select(func.count()).where(
        entry.c.id <= last_id,
        ~exists().where(ledger_sealed.c.entry_id == entry.c.id),
    )
    missed = connection.execute(below.select_from(entry)).scalar_one()
    if missed:
        yield Issue("books", f"{missed} entries lie below the last seal and are in no block")


def _audit_block(
    connection: Connection, block: Block, previous: str, last_id: int
) -> Iterator[Issue]:
    place = f"block {block.id}"
    entries = entries_of_block(connection, block.id)
    ids = [one.id for one in entries]
    if block.previous_sha256 != previous:
        yield Issue(place, "it does not follow the block before it")
    if len(ids) != block.entries:
        yield Issue(place, f"{block.entries} entries were sealed and {len(ids)} are there")
    elif (ids[0], ids[-1]) != (block.first_entry_id, block.last_entry_id) or ids != sorted(ids):
        yield Issue(place, "its entries are not the ones that were sealed")
    elif ids[0] <= last_id:
        yield Issue(place, "it goes back behind the block before it")
    if block_sha256(block.previous_sha256, entries) != block.sha256:
        yield Issue(place, "an entry in it is not as it was when it was sealed")


def _all_blocks(connection: Connection) -> Iterator[Block]:
    rows = connection.execute(select(ledger_block).order_by(ledger_block.c.id)).all()
    return (_block(row) for row in rows)


def _block(row: Row[Any]) -> Block:
    return Block(**row._mapping)
