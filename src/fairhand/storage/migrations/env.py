"""Alembic's entry: runs on the connection that `fairhand.storage.migrate` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import DefaultClause, False_, True_

from fairhand.storage.migrations.triggers import add_triggers
from fairhand.storage.schema import whole_metadata


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:  # noqa: ANN401
    """Write true and false as such: SQLite's 1 and 0 are no booleans for PostgreSQL."""
    if kind == "server_default" and isinstance(item, DefaultClause):
        if isinstance(item.arg, False_):
            return "sa.false()"
        if isinstance(item.arg, True_):
            return "sa.true()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=whole_metadata(),
    compare_type=True,
    render_as_batch=True,
    render_item=render_item,
    process_revision_directives=add_triggers,
)
with context.begin_transaction():
    context.run_migrations()
