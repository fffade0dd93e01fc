"""SQL of what was met elsewhere, file by file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import bindparam, func, select

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.model.elsewhere import Found
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.work import source_object
from fairhand.work.elsewhere.rules import Met, State

_AT_ONCE = 500
_KEY_MAX = 2_000
_REASON_MAX = 500
_FIND = select(
    source_object.c.key_hash,
    source_object.c.version,
    source_object.c.state,
    source_object.c.reason,
    source_object.c.tasks,
    source_object.c.import_id,
).where(
    source_object.c.project_id == bindparam("project_id"),
    source_object.c.source == bindparam("source"),
    source_object.c.key_hash.in_(bindparam("hashes", expanding=True)),
)


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of a file now."""

    found: Found
    version: str
    state: State
    reason: str = ""
    tasks: int = 0


def find_met(
    connection: Connection, project_id: int, source: str, hashes: Sequence[str]
) -> dict[str, Met]:
    """Look up what is known of these files, by the hash of their keys."""
    found = {}
    for some in chunks(list(hashes), _AT_ONCE):
        given = {"project_id": project_id, "source": source, "hashes": list(some)}
        for row in connection.execute(_FIND, given):
            found[row.key_hash] = Met(*row[1:])
    return found


def note_met(
    connection: Connection,
    project_id: int,
    source: str,
    import_id: int,
    noted: Sequence[Noted],
    now: Instant,
) -> None:
    """Write what became of files, in place of what was known of them."""
    rows = [
        {
            "project_id": project_id,
            "source": source,
            "key_hash": one.found.key_hash,
            "key": one.found.shown[:_KEY_MAX].encode("utf-8", "replace").decode(),
            "version": one.version,
            "state": one.state,
            "reason": one.reason[:_REASON_MAX],
            "tasks": one.tasks,
            "import_id": import_id,
            "met_at": now,
        }
        for one in noted
    ]
    if not rows:
        return
    statement = insert(connection, source_object)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["project_id", "source", "key_hash"],
        set_={
            name: new[name]
            for name in ("version", "state", "reason", "tasks", "import_id", "met_at")
        },
    )
    connection.execute(statement, rows)


def count_met(connection: Connection, import_id: int) -> Mapping[str, int]:
    """Count the files of an import by what became of them."""
    found = connection.execute(
        select(source_object.c.state, func.count())
        .where(source_object.c.import_id == import_id)
        .group_by(source_object.c.state)
    )
    return {str(row[0]): int(row[1]) for row in found}


def list_failed(connection: Connection, import_id: int, most: int) -> list[tuple[str, str]]:
    """List (key, reason) of what may be tried again, by key."""
    found = connection.execute(
        select(source_object.c.key, source_object.c.reason)
        .where(source_object.c.import_id == import_id, source_object.c.state == "failed")
        .order_by(source_object.c.key)
        .limit(most)
    )
    return [(cast("Any", row).key, row.reason) for row in found]
