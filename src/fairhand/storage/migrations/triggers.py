"""Carries the triggers that tables declare (`after_create` DDL) into generated revisions.

Alembic writes tables, indexes and constraints, but not the DDL that listens to their creation.
"""

from __future__ import annotations

from typing import Any

from alembic import op
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import DDL, Table, make_url

from fairhand.storage.schema import whole_metadata

__all__ = ["add_triggers", "declared_triggers", "on_dialect"]

DIALECTS = ("sqlite", "postgresql")


def on_dialect(dialect: str, statement: str) -> None:
    """Run a statement in a revision when the database is of this dialect (`%` is written `%%`)."""
    if op.get_context().dialect.name == dialect:
        op.execute(_ddl(statement))


class DialectStatementOp(ops.MigrateOperation):
    """A statement of a generated revision that one dialect alone runs."""

    def __init__(self, dialect: str, statement: str) -> None:
        self.dialect = dialect
        self.statement = statement


@renderers.dispatch_for(DialectStatementOp)
def _render(context: AutogenContext, operation: DialectStatementOp) -> str:
    context.imports.add("from fairhand.storage.migrations.triggers import on_dialect\n")
    return f"on_dialect({operation.dialect!r}, {operation.statement!r})"


def declared_triggers(table: Table, dialect: str) -> list[str]:
    """List the statements that a table runs after its creation on `dialect`, in their order."""
    listener = _Listener(dialect)
    table.dispatch.after_create(table, listener, checkfirst=False, tables=None)
    return listener.statements


class _Listener:
    """Stands in for a connection and writes down what it is asked to execute."""

    def __init__(self, dialect: str) -> None:
        self.dialect = make_url(f"{dialect}://").get_dialect()()
        self.statements: list[str] = []

    def execute(self, ddl: Any) -> None:  # noqa: ANN401  # any DDL element
        self.statements.append(str(ddl.statement))

    def exec_driver_sql(self, statement: str) -> None:
        self.statements.append(statement.replace("%", "%%"))


def add_triggers(
    _context: MigrationContext, _revision: object, directives: list[ops.MigrationScript]
) -> None:
    """Append the declared triggers of every table that a new revision creates."""
    tables = whole_metadata().tables
    for operations in (script.upgrade_ops for script in directives if script.upgrade_ops):
        created = [each for each in operations.ops if isinstance(each, ops.CreateTableOp)]
        declared = [
            (dialect, statement)
            for dialect in DIALECTS
            for each in created
            for statement in declared_triggers(tables[each.table_name], dialect)
        ]
        operations.ops.extend(DialectStatementOp(*pair) for pair in dict.fromkeys(declared))


def _ddl(statement: str) -> DDL:
    return DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
