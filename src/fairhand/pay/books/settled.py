"""Up to which entry the books are settled: no entry at or below it can appear any more.

Entries are numbered when they are begun and seen when their transaction ends. On SQLite one writer
works at a time, so numbers and ends run in the same order. On PostgreSQL they do not: entry 7 may
be seen while 6 is still being written, and a seal that took 7 would have to come back for 6.

So first the highest entry in sight is read, and then who is writing entries at that moment (whoever
inserts a row holds a ROW EXCLUSIVE lock on the table from before the row is numbered until the
transaction has ended). When all of them have ended, everything up to that entry is in sight for
ever, or never will be. Nobody is made to wait for this: it only looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, func, select, text

from fairhand.storage.database import Database
from fairhand.storage.tables.pay import entry

_LOOKS: Final = 40
_PAUSE_S: Final = 0.05

_HIGHEST = select(func.coalesce(func.max(entry.c.id), 0))
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND relation = CAST('entry' AS regclass) "
    "AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', "
    "'AccessExclusiveLock')"
)


def settled_until(db: Database, pause: Callable[[float], None] = time.sleep) -> int | None:
    """Give the highest entry up to which the books are settled, 0 for empty books.

    None when somebody has been writing for two seconds and has not ended: look again later.
    """
    with db.read() as connection:
        highest = int(connection.execute(_HIGHEST).scalar_one())
    if db.is_sqlite:
        return highest
    with db.read() as connection:
        writers = _writers(connection)
    for _ in range(_LOOKS):
        if not writers:
            return highest
        pause(_PAUSE_S)
        with db.read() as connection:
            writers &= _writers(connection)
    return None


def _writers(connection: Connection) -> set[str]:
    return set(connection.execute(_WRITERS).scalars())
