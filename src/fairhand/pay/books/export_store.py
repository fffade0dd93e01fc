"""Read the whole books for an export, entry by entry, in one snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from fairhand.core.clock import Instant
from fairhand.pay.books.beancount import BeancountWriter
from fairhand.pay.books.reader import all_entries
from fairhand.pay.books.store import list_blocks
from fairhand.storage.tables.pay import account, entry


def beancount_lines(connection: Connection, title: str, now: Instant) -> Iterator[str]:
    """Write the books as Beancount, line by line; memory does not grow with their length."""
    blocks = {block.last_entry_id: block for block in list_blocks(connection)}
    first = select(entry.c.recorded_at).order_by(entry.c.id).limit(1)
    writer = BeancountWriter(Instant(connection.execute(first).scalar() or now))
    yield from writer.header(title, _accounts(connection).items())
    for one in all_entries(connection):
        yield from writer.entry(one)
        if one.id in blocks:
            yield writer.seal(blocks[one.id].id, blocks[one.id].sha256)
    yield from writer.end()


def count_entries(connection: Connection) -> int:
    """Say how many entries the books have."""
    return int(connection.execute(select(func.count()).select_from(entry)).scalar_one())


def _accounts(connection: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, currency in connection.execute(select(account.c.key, account.c.currency)):
        found[key].append(currency)
    return found
