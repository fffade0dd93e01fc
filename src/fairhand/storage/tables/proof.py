"""Tables of the proof wing: the event log, its tiles and checkpoints, and releases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
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

log_key = Table(
    "log_key",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("vkey", Text, nullable=False, unique=True),
    Column("from_size", BigInteger, nullable=False),  # checkpoints above this size are under it
    Column("added_at", BigInteger, nullable=False),
    Column("added_by", Key, ForeignKey("person.id"), nullable=True),
    # The signed note by which the key before it hands over to it; null for the first key.
    Column("handover", Text, nullable=True),
    # The note by which the key after it says that this one signs no more; null while it may.
    Column("retirement", Text, nullable=True),
)
"""The keys that this log has signed with, oldest first; its name never changes."""

witness = Table(
    "witness",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("vkey", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),  # where it takes checkpoints (C2SP tlog-witness)
    Column("added_at", BigInteger, nullable=False),
    Column("added_by", Key, ForeignKey("person.id"), nullable=True),
    Column("ended_at", BigInteger, nullable=True),
    Column("asked_at", BigInteger, nullable=True),
    Column("cosigned_size", BigInteger, nullable=False, server_default="0"),
    Column("trouble", Text, nullable=False, server_default=""),  # why it did not answer last time
)
"""Those who co-sign this log's checkpoints, so that nobody can be shown another history."""

cosignature = Table(
    "cosignature",
    metadata,
    Column("size", BigInteger, ForeignKey("checkpoint.size"), primary_key=True),
    Column("witness_id", Key, ForeignKey("witness.id"), primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("line", Text, nullable=False),  # the signature line as it goes under the note
)
"""A witness's signature under a checkpoint (C2SP tlog-cosignature); on a quiet log it signs the
same head again, so that everybody sees that this is still the newest one."""

task_origin = Table(
    "task_origin",
    metadata,
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("model", Text, nullable=False),  # what generated it, as it was declared
    Column("depth", Integer, nullable=False),
    # Who or what checked that it is right, and how precise that check was measured to be.
    Column("verifier", Text, nullable=True),
    Column("precision_low", Integer, nullable=True),  # permille, the interval's lower end
    Column("declared_at", BigInteger, nullable=False),
    Column("declared_by", Key, ForeignKey("person.id"), nullable=True),
    CheckConstraint("depth >= 1", name="synthetic_is_deep"),
    Index("ix_task_origin_project", "project_id", "task_id"),
)
"""The data of a task that a model generated; a task without a row holds people's data."""

release_page = Table(
    "release_page",
    metadata,
    Column("release_id", Key, ForeignKey("release.id"), primary_key=True, autoincrement=False),
    Column("shown_at", BigInteger, nullable=False),
    Column("shown_by", Key, ForeignKey("person.id"), nullable=True),
    Column("hidden_at", BigInteger, nullable=True),
)
"""Releases whose card anybody may read; their files stay where they are."""

gate_run = Table(
    "gate_run",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("release_id", Key, ForeignKey("release.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("asked_by", Key, ForeignKey("person.id"), nullable=True),
    Column("key", Text, nullable=False, unique=True),  # a retry is the same run
    Column("passed", Boolean, nullable=False),
    Column("findings", Text, nullable=False),  # JSON: what was looked at and what refused
    Column("purpose", Text, nullable=False, server_default=""),
    Column("usage_id", Key, nullable=True),  # the use that was recorded, where royalties are owed
    Column("event_id", Key, ForeignKey("event.id"), nullable=True),
    Index("ix_gate_run_release", "release_id", "id"),
)
"""Each time that somebody asked whether training may begin, and the answer."""

value_study = Table(
    "value_study",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("release_id", Key, ForeignKey("release.id"), nullable=False),
    Column("question", Text, nullable=False),
    Column("state", Text, nullable=False),
    # The sealed test set: its hash goes into the log first, the set itself is opened afterwards.
    Column("test_sha256", Text, nullable=False),
    Column("test_tasks", Integer, nullable=False),
    Column("committed_at", BigInteger, nullable=False),
    Column("committed_event", Key, ForeignKey("event.id"), nullable=True),
    Column("measured_at", BigInteger, nullable=True),
    Column("opened_at", BigInteger, nullable=True),
    Column("asked_by", Key, ForeignKey("person.id"), nullable=True),
    Column("result", Text, nullable=True),  # JSON: settings, gain, shares with intervals, notes
    CheckConstraint("state IN ('sealed', 'measured', 'opened', 'failed')", name="state_is_known"),
    Index("ix_value_study_release", "release_id", "id"),
)
"""A measurement of what each task of a release was worth to a model that learns from it."""

task_value = Table(
    "task_value",
    metadata,
    Column("study_id", Key, ForeignKey("value_study.id"), primary_key=True, autoincrement=False),
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("stands_for", Key, nullable=False),  # the task that it repeats; itself when none
    Column("value_nano", BigInteger, nullable=False),  # thousand-millionths of the whole's worth
)
"""What each task was worth, in whole numbers, so that shares of money are exact."""

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
    "cosignature": {
        "cosignature_is_kept": "DELETE ON cosignature FOR EACH ROW",
        "cosignature_is_immutable": "UPDATE ON cosignature FOR EACH ROW",
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


for _table in (log_event, checkpoint, cosignature, tile):
    _guard(_table)
