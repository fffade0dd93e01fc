"""The shape of a database (tables, columns, how many rows) before and after an upgrade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, inspect, select, table, text

_BOOKKEEPING = "alembic_version"
_UNBALANCED = text(
    "SELECT count(*) FROM (SELECT entry_id FROM posting GROUP BY entry_id, currency"
    " HAVING sum(amount_micros) <> 0) AS wrong"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Which columns each table has, how many rows, and how many entries do not sum to zero."""

    columns: Mapping[str, frozenset[str]]
    rows: Mapping[str, int]
    unbalanced: int

    def columns_beyond(self, other: Shape) -> tuple[str, ...]:
        """List the columns of tables that both have and only this one's has."""
        return tuple(
            f"{name}.{one}"
            for name in sorted(self.columns.keys() & other.columns.keys())
            for one in sorted(self.columns[name] - other.columns[name])
        )

    def troubles_since(self, before: Shape) -> list[str]:
        """Say what was lost or put out of balance on the way here."""
        lost = [
            f"{name}: {before.rows[name]:,} rows before, {self.rows[name]:,} after."
            for name in sorted(before.rows.keys() & self.rows.keys())
            if self.rows[name] < before.rows[name]
        ]
        if self.unbalanced:
            lost.append(f"{self.unbalanced:,} entries of the ledger do not sum to zero.")
        return lost


def shape_of(connection: Connection) -> Shape:
    """Look at a database."""
    inspector = inspect(connection)
    names = [name for name in inspector.get_table_names() if name != _BOOKKEEPING]
    columns = {
        name: frozenset(str(each["name"]) for each in inspector.get_columns(name)) for name in names
    }
    rows = {
        name: int(connection.execute(select(func.count()).select_from(table(name))).scalar_one())
        for name in names
    }
    unbalanced = connection.execute(_UNBALANCED).scalar_one() if "posting" in columns else 0
    return Shape(columns, rows, int(unbalanced))


__all__ = ["Shape", "shape_of"]
