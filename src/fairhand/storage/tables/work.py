"""Tables of the work wing: projects, tasks, the queue, leases, drafts, annotations, predictions."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from fairhand.storage.tables.base import Key, metadata

project = Table(
    "project",
    metadata,
    Column("id", Key, primary_key=True),
    Column("slug", String(60), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("mode", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("owner_id", Key, ForeignKey("person.id"), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("rate_micros_per_hour", BigInteger, nullable=False),
    Column("min_overlap", Integer, nullable=False),
    Column("max_overlap", Integer, nullable=False),
    Column("target_confidence", Float, nullable=False),
    Column("lease_ttl_ms", BigInteger, nullable=False),
    Column("expected_ms", BigInteger, nullable=False),
    Column("tier", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    # Ranks given out so far; taken under the row's lock, so ranks commit in order.
    Column("next_rank", BigInteger, nullable=False, server_default="1"),
    Column("reopened_seq", BigInteger, nullable=False, server_default="0"),
    # Raised when ranks or rules change under people's cursors: everybody looks from the top again.
    Column("queue_epoch", Integer, nullable=False, server_default="0"),
    # How many of a thousand tasks handed out are gold tasks.
    Column("gold_permille", Integer, nullable=False, server_default="0"),
    # What one right label is worth to the owner; null: the target confidence alone decides.
    Column("worth_micros", BigInteger),
    # The pay policy in force, kept here for the hot path: what the unit is, and what one earns.
    Column("pay_basis", String(12), nullable=False, server_default="time"),
    Column("unit_micros", BigInteger),
    # How long a quiet stretch may be before it is cut; null: as the settings say.
    Column("idle_cap_ms", Integer),
    Column("wait_block_ms", BigInteger, nullable=False, server_default="900000"),
    # Whose predictions people are shown (`model_version`), kept here for the hot path; null: those
    # that came with the data only. And how many of a thousand hand-outs go without one, and how
    # many of a thousand tasks are kept to measure by: those are always answered without.
    Column("model_version_id", Key),
    Column("blind_permille", Integer, nullable=False, server_default="0"),
    Column("holdout_permille", Integer, nullable=False, server_default="0"),
    Column("archived_at", BigInteger),  # out of the way: read as ever, nothing changes in it
    CheckConstraint("mode IN ('draft', 'demo', 'open', 'paused', 'closed')", name="mode"),
    CheckConstraint("min_overlap BETWEEN 1 AND max_overlap", name="overlap"),
    CheckConstraint("rate_micros_per_hour >= 0", name="rate"),
)

project_version = Table(
    "project_version",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("questions", Text, nullable=False),  # JSON list of questions
    Column("guidelines", Text, nullable=False),  # Markdown
    # JSON: how labels of the version before are called in this one; null: they are the same.
    Column("changes", Text),
    Column("author_id", Key, ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

slice_quota = Table(
    "slice_quota",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("quota", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("project_id", "name"),
)

task = Table(
    "task",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("data", Text, nullable=False),  # JSON object
    Column("media_sha256", String(64)),
    Column("media_type", String(60)),
    Column("media_bytes", BigInteger),
    Column("preview_sha256", String(64)),
    Column("width", Integer),
    Column("height", Integer),
    # JSON of what else is known of the file: length of a sound, bits and place of a picture.
    Column("media_details", Text),
    Column("place", String(300), nullable=False),  # where in its file the row came from
    Column("created_at", BigInteger, nullable=False),
    Column("set_aside_at", BigInteger),  # the owner took it out: not asked, not released
    UniqueConstraint("project_id", "fingerprint"),
    Index("ix_task_media", "media_sha256"),
    # Lists of tasks read this and never the payload.
    Index("ix_task_project", "project_id", "id", "created_at", "set_aside_at"),
)
Index(
    "ix_task_set_aside",
    task.c.project_id,
    task.c.id,
    sqlite_where=text("set_aside_at IS NOT NULL"),
    postgresql_where=text("set_aside_at IS NOT NULL"),
)

# One narrow row per task: the hot path reads this and never the payload. `taken` is live leases
# plus counted answers; a task is free while taken < wanted. `reopened` is 0 until a slot comes
# back behind people's cursors; then it is a number from `project.reopened_seq`.
queue = Table(
    "queue",
    metadata,
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("project_id", Key, nullable=False),
    Column("rank", BigInteger, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("taken", Integer, nullable=False, server_default="0"),
    Column("reopened", BigInteger, nullable=False, server_default="0"),
    Column("held", Boolean, nullable=False, server_default=false()),  # grant gone, or in review
    Column("tier", Integer, nullable=False, server_default="0"),
    Column("dose", BigInteger, nullable=False, server_default="0"),
    Column("skill_id", Key, nullable=False, server_default="0"),  # 0: no skill needed
    Column("slice_id", Key, nullable=False, server_default="0"),  # 0: no quota
    CheckConstraint("taken >= 0 AND taken <= wanted", name="taken"),
)
_free = "taken < wanted AND NOT held"
Index(
    "ix_queue_free",
    queue.c.project_id,
    queue.c.rank,
    sqlite_where=text(_free),
    postgresql_where=text(_free),
)
_reopened = "taken < wanted AND NOT held AND reopened > 0"
Index(
    "ix_queue_reopened",
    queue.c.project_id,
    queue.c.reopened,
    sqlite_where=text(_reopened),
    postgresql_where=text(_reopened),
)

# A hand-out for ever: the row says that this person has had this task.
lease = Table(
    "lease",
    metadata,
    Column("id", Key, primary_key=True),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("hold", String(8), nullable=False),
    Column("served_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    UniqueConstraint("person_id", "task_id"),
    CheckConstraint(
        "state IN ('live', 'submitted', 'skipped', 'expired', 'released')", name="state"
    ),
    CheckConstraint("hold IN ('online', 'offline')", name="hold"),
    Index("ix_lease_task", "task_id"),
)
_live = "state = 'live'"
Index(
    "ix_lease_live_person",
    lease.c.person_id,
    lease.c.project_id,
    sqlite_where=text(_live),
    postgresql_where=text(_live),
)
Index(
    "ix_lease_live_expiry",
    lease.c.expires_at,
    sqlite_where=text(_live),
    postgresql_where=text(_live),
)

# A task with a known answer. Its queue row is `held`, so that it is met as gold only: seldom, by
# everybody once, and looking like any other task.
gold_answer = Table(
    "gold_answer",
    metadata,
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("value", Text, nullable=False),  # JSON: question name to the known answer
    Column("explanation", Text, nullable=False, server_default=""),
    Column("author_id", Key, ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_gold_answer_project", "project_id", "task_id"),
)

draft = Table(
    "draft",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True),
    Column("value", Text, nullable=False),
    Column("saved_at", BigInteger, nullable=False),
)

prediction = Table(
    "prediction",
    metadata,
    Column("id", Key, primary_key=True),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("project_id", Key, nullable=False),
    Column("value", Text, nullable=False),
    Column("model", String(200), nullable=False),
    Column("score", Float),
    Column("created_at", BigInteger, nullable=False),
    Column("model_version_id", Key),  # null: it came with the data
    # What is best asked of a person who sees it: to accept it, to mend it, or to draw from nothing.
    Column("ask", String(8), nullable=False, server_default="fix"),
    # Made wrong on purpose, on a gold task, to measure how far proposals are believed. What people
    # answer to it says something of the model alone, and counts for nothing that concerns them.
    Column("planted", Boolean, nullable=False, server_default=false()),
    # JSON of what else its maker said: probabilities, cost, the hash of the prompt.
    Column("details", Text),
    Index("ix_prediction_task", "task_id"),
    # A version proposes once for a task; imported predictions have none and may be many.
    Index("ix_prediction_version", "model_version_id", "task_id", unique=True),
)

# Immutable: a correction is a new revision with its own row, and the old row is `superseded`.
annotation = Table(
    "annotation",
    metadata,
    Column("id", Key, primary_key=True),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("project_version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("value", Text, nullable=False),  # JSON: question name to answer
    Column("client_key", String(64), nullable=False),
    Column("submitted_at", BigInteger, nullable=False),
    Column("served_at", BigInteger, nullable=False),
    Column("counted", Boolean, nullable=False),  # fills a place of the overlap
    Column("late", Boolean, nullable=False),  # came after its lease had ended: paid all the same
    Column("prediction_id", Key),
    Column("prediction_shown", Boolean, nullable=False, server_default=false()),
    Column("prediction_changed", Boolean, nullable=False, server_default=false()),
    Column("simulated", Boolean, nullable=False, server_default=false()),
    Column("superseded", Boolean, nullable=False, server_default=false()),
    Column("aggregated", Boolean, nullable=False, server_default=false()),
    Column("reply", Text, nullable=False, server_default="{}"),  # what the submit was told
    UniqueConstraint("person_id", "client_key"),
    UniqueConstraint("task_id", "person_id", "revision"),
    Index("ix_annotation_person", "person_id", "submitted_at"),
    Index("ix_annotation_project", "project_id", "id"),
)
Index(
    "ix_annotation_fresh",
    annotation.c.project_id,
    annotation.c.id,
    sqlite_where=text("NOT aggregated"),
    postgresql_where=text("NOT aggregated"),
)

# A skip is an answer of its own kind: paid, unlimited, remembered so that a retry counts once.
skip = Table(
    "skip",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("client_key", String(64), primary_key=True),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("project_id", Key, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", String(500)),
    Column("reply", Text, nullable=False),
)

import_run = Table(
    "import_run",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("source", String(500), nullable=False),
    Column("state", String(10), nullable=False),
    Column("rows_read", BigInteger, nullable=False, server_default="0"),
    Column("added", BigInteger, nullable=False, server_default="0"),
    Column("already_there", BigInteger, nullable=False, server_default="0"),
    Column("rejected", BigInteger, nullable=False, server_default="0"),
    Column("issues", Text, nullable=False, server_default="[]"),  # the first 1,000
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
)

# What was met at a bucket, a folder of the server or a web address (`source` is empty then): a
# key whose version is known is not fetched again, and what failed may be tried again.
source_object = Table(
    "source_object",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("source", String(60), nullable=False),
    Column("key_hash", String(64), nullable=False),  # of `key`, which may be long
    Column("key", Text, nullable=False),
    Column("version", String(200), nullable=False),  # its etag, or else its time and size
    Column("state", String(8), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("tasks", BigInteger, nullable=False, server_default="0"),
    Column("import_id", Key, ForeignKey("import_run.id"), nullable=False),
    Column("met_at", BigInteger, nullable=False),
    UniqueConstraint("project_id", "source", "key_hash"),
    CheckConstraint("state IN ('begun', 'taken', 'refused', 'failed')", name="state"),
    Index("ix_source_object_import", "import_id", "state"),
)
