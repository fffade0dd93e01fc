"""Rows of a table as they are kept, in pages: what a check of the tables reads them by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select, tuple_

from fairhand.core.chunks import chunks

_PAGE: Final = 1_000
_CHUNK: Final = 400

Row = Mapping[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A table whose rows have a number; `key` are the columns by which the log names a row."""

    table: Table
    key: tuple[str, ...] = ("id",)
    number: str = "id"

    def highest(self, connection: Connection) -> int:
        """Give the highest number; 0 where there is no row."""
        return int(connection.execute(select(func.max(self.table.c[self.number]))).scalar() or 0)

    def load(self, connection: Connection, keys: Iterable[Key]) -> dict[Key, Row]:
        """Load the rows of these keys; those that are not there are left out."""
        columns = [self.table.c[name] for name in self.key]
        wanted = tuple_(*columns) if len(columns) > 1 else columns[0]
        found: dict[Key, Row] = {}
        for chunk in chunks(sorted(set(keys)), _CHUNK):
            values = [key if len(columns) > 1 else key[0] for key in chunk]
            for row in connection.execute(select(self.table).where(wanted.in_(values))).mappings():
                found[tuple(row[name] for name in self.key)] = dict(row)
        return found

    def each(self, connection: Connection) -> Iterator[Row]:
        """Give every row in the order of the numbers; memory does not grow with the table."""
        number = self.table.c[self.number]
        after = 0
        while True:
            chosen = select(self.table).where(number > after).order_by(number).limit(_PAGE)
            rows = connection.execute(chosen).mappings().all()
            if not rows:
                return
            after = rows[-1][self.number]
            yield from map(dict, rows)
