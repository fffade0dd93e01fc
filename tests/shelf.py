"""PostgreSQL databases that are wiped and used again: a new one takes ten times as long.

A database goes back on the shelf only when it is as a fresh one: no row, every sequence at its
start, and a schema that nobody has touched. Otherwise it is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

_USES_MAX = 40  # dead rows are left behind in its files, so it does not live for ever
_ROWS_MAX = 5_000

_LEAVE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_SCHEMA = (
    "SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_namespace"
    " WHERE nspname NOT LIKE 'pg_%'),"
    " (SELECT count(*) || '.' || coalesce(max(xmin::text::bigint), 0) FROM pg_trigger),"
    " (SELECT count(*) || '.' || coalesce(max(xmin::text::bigint), 0) FROM pg_attribute),"
    " (SELECT count(*) || '.' || coalesce(max(xmin::text::bigint), 0) FROM pg_constraint),"
    " (SELECT count(*) || '.' || coalesce(max(xmin::text::bigint), 0) FROM pg_proc)"
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_REWIND = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
    " FROM pg_sequences WHERE last_value IS NOT NULL"
)


@dataclass(slots=True)
class _Kept:
    name: str
    schema: tuple[object, ...]
    uses: int = 0


@dataclass(slots=True)
class Shelf:
    """Databases that are ready to be used; `make` and `drop` know the server."""

    make: Callable[[], str]
    drop: Callable[[str], None]
    conninfo: Callable[[str], str]
    _ready: list[_Kept] = field(default_factory=list)
    _out: dict[str, _Kept] = field(default_factory=dict)
    _tables: list[str] = field(default_factory=list)

    def take(self) -> str:
        """Give a database as fresh as a new one."""
        kept = self._ready.pop() if self._ready else self._new()
        kept.uses += 1
        self._out[kept.name] = kept
        return kept.name

    def put_back(self, name: str) -> None:
        """Wipe a database and keep it, or throw it away."""
        kept = self._out.pop(name)
        if kept.uses < _USES_MAX and self._wipe(kept):
            self._ready.append(kept)
        else:
            self.drop(name)

    def _new(self) -> _Kept:
        name = self.make()
        with psycopg.connect(self.conninfo(name), autocommit=True) as connection:
            if not self._tables:
                self._tables = [row[0] for row in connection.execute(_TABLES)]
            return _Kept(name, self._schema(connection))

    def _wipe(self, kept: _Kept) -> bool:
        with psycopg.connect(self.conninfo(kept.name), autocommit=True) as connection:
            connection.execute(_LEAVE)
            if self._schema(connection) != kept.schema:
                return False
            # Append-only tables refuse DELETE, and foreign keys ask for an order: not a replica.
            connection.execute("SET session_replication_role = replica")
            rows = 0
            for table in self._filled(connection):
                rows += connection.execute(f'DELETE FROM "{table}"'.encode()).rowcount
            connection.execute(_REWIND)
        return rows < _ROWS_MAX

    def _filled(self, connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
        asked = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in self._tables
        )
        return [str(row[0]) for row in connection.execute(asked.encode())]

    @staticmethod
    def _schema(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[object, ...]:
        found = connection.execute(_SCHEMA).fetchone()
        assert found is not None
        return found
