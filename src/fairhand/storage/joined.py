"""A database inside a transaction that is already open.

A story opens its own `db.write()`. Given a `JoinedDatabase` it writes into the surrounding
transaction instead, so that its effect and the mark that it happened are one commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fairhand.storage.database import Connection, Database

__all__ = ["JoinedDatabase"]


class JoinedDatabase(Database):
    """Looks like the outer database; every block is a savepoint of one outer transaction."""

    def __init__(self, outer: Database, connection: Connection) -> None:
        self.url = outer.url
        self.is_sqlite = outer.is_sqlite
        self.engine = outer.engine
        self._connection = connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Write inside the outer transaction; a block that raises undoes itself alone."""
        with self._connection.begin_nested():
            yield self._connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read what the outer transaction sees."""
        yield self._connection

    def close(self) -> None:
        """Leave the outer database open: whoever opened it closes it."""
