"""Tables of the proof wing: the event log, its tiles and checkpoints, and releases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from fairhand.storage.tables.base import Key, metadata

log_event = Table(
    "event",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("person_id", Key, ForeignKey("person.id"), nullable=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=True),
    Column("body", Text, nullable=True),
    Column("salt", LargeBinary, nullable=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger, nullable=True),
    CheckConstraint("length(leaf_hash) = 32", name="leaf_hash_is_sha256"),
    CheckConstraint("(body IS NULL) = (salt IS NULL)", name="body_and_salt_go_together"),
)
"""Everything that happened, in the order of its promise; `body` and `salt` may be erased."""

Index(
    "ix_event_unsealed",
    log_event.c.id,
    sqlite_where=log_event.c.leaf_index.is_(None),
    postgresql_where=log_event.c.leaf_index.is_(None),
)
Index(
    "uq_event_leaf_index",
    log_event.c.leaf_index,
    unique=True,
    sqlite_where=log_event.c.leaf_index.isnot(None),
    postgresql_where=log_event.c.leaf_index.isnot(None),
)
Index(
    "ix_event_person_id",
    log_event.c.person_id,
    sqlite_where=log_event.c.person_id.isnot(None),
    postgresql_where=log_event.c.person_id.isnot(None),
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="there_is_one_log"),
    CheckConstraint("size >= 0", name="size_is_a_count"),
)
"""One row: how many leaves are sealed. Updating it is the sealer's lock."""

tile = Table(
    "tile",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("width", Integer, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    CheckConstraint("width BETWEEN 1 AND 256", name="width_is_1_to_256"),
    CheckConstraint("length(hashes) = width * 32", name="hashes_fill_the_width"),
)
"""Merkle tree hashes, 256 to a tile (C2SP tlog-tiles); only the right edge grows."""

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Signed roots of the log, one per sealing."""

release = Table(
    "release",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("manifest_sha256", Text, nullable=True),
    Column("directory", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("event_id", Key, ForeignKey("event.id"), nullable=True),
    Column("stats", Text, nullable=True),
    UniqueConstraint("project_id", "version"),
    CheckConstraint("state IN ('writing', 'logged', 'published', 'lost')", name="state_is_known"),
    CheckConstraint(
        "state = 'writing' OR (manifest_sha256 IS NOT NULL AND event_id IS NOT NULL)"
        " OR state = 'lost'",
        name="published_is_proven",
    ),
)
"""Immutable dataset versions. `writing` and `logged` (its event is in the log, its folder not yet
in place) are steps of a publish that may be taken up again; `lost` was never put in place."""

_FORBIDDEN = {
    "event": {
        "event_is_kept": "DELETE ON event FOR EACH ROW",
        "event_is_immutable": "UPDATE OF id, at, kind, leaf, leaf_hash ON event FOR EACH ROW",
        "event_is_sealed_once": (
            "UPDATE OF leaf_index ON event FOR EACH ROW WHEN (OLD.leaf_index IS NOT NULL)"
        ),
        "event_body_is_only_erased": (
            "UPDATE OF body, salt ON event FOR EACH ROW"
            " WHEN (NEW.body IS NOT NULL OR NEW.salt IS NOT NULL)"
        ),
        "event_person_is_only_erased": (
            "UPDATE OF person_id ON event FOR EACH ROW WHEN (NEW.person_id IS NOT NULL)"
        ),
    },
    "checkpoint": {
        "checkpoint_is_kept": "DELETE ON checkpoint FOR EACH ROW",
        "checkpoint_is_immutable": "UPDATE ON checkpoint FOR EACH ROW",
    },
    "tile": {
        "tile_is_kept": "DELETE ON tile FOR EACH ROW",
        "tile_only_grows": (
            "UPDATE ON tile FOR EACH ROW"
            " WHEN (substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes)"
        ),
    },
}
_REFUSE = (
    "CREATE OR REPLACE FUNCTION refuse_to_rewrite_the_log() RETURNS trigger AS $$ BEGIN "
    "RAISE EXCEPTION 'the log is append-only: %', TG_NAME; END $$ LANGUAGE plpgsql"
)


def append_only_ddl(dialect: str, tables: Iterable[str] = tuple(_FORBIDDEN)) -> list[str]:
    """Statements that make the database itself refuse to rewrite the log; for migrations too."""
    triggers = [pair for name in tables for pair in _FORBIDDEN[name].items()]
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name} BEFORE {when} "
            f"BEGIN SELECT RAISE(ABORT, 'the log is append-only: {name}'); END"
            for name, when in triggers
        ]
    return [_REFUSE] + [
        f"CREATE TRIGGER {name} BEFORE {when} EXECUTE FUNCTION refuse_to_rewrite_the_log()"
        for name, when in triggers
    ]


def _guard(table: Table) -> None:
    for dialect in ("sqlite", "postgresql"):
        for statement in append_only_ddl(dialect, [table.name]):
            ddl: Any = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            ddl = ddl.execute_if(dialect=dialect)
            event.listen(table, "after_create", ddl)


for _table in (log_event, checkpoint, tile):
    _guard(_table)
