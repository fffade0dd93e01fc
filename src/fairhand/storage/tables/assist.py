"""Tables of assistance: who proposes, what was trained, what was learnt from it, and how it did.

Predictions themselves lie in the work wing; each of an assistant names the model version it is of.
"""

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
    true,
)

from fairhand.storage.tables.base import Key, metadata

# What an owner asks of assistance, one row a project. No row: never ticked.
assist_policy = Table(
    "assist_policy",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("is_on", Boolean, nullable=False, server_default=false()),
    # Why it is off, where a measurement switched it off and not a person: JSON, else null.
    Column("off_because", Text),
    Column("reorders", Boolean, nullable=False, server_default=true()),
    Column("strategy", String(40), nullable=False, server_default="auto"),
    Column("ask", String(10), nullable=False, server_default="auto"),
    # JSON: field of the task's data to the share asked for of each of its values.
    Column("coverage", Text, nullable=False, server_default="{}"),
    # JSON list of the fields by which quality is reported: language, region, device...
    Column("slice_fields", Text, nullable=False, server_default="[]"),
    Column("target_quality", Float),
    Column("changed_by", Key, ForeignKey("person.id"), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    # When it was last switched on: whether it helps is judged by what was answered since.
    Column("on_since", BigInteger),
    # The last annotation that training has heard of, and how many of them it had learnt from.
    Column("trained_through", Key, nullable=False, server_default="0"),
    Column("trained_answers", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("ask IN ('auto', 'verify', 'fix', 'draw')", name="ask"),
)

# One source of predictions in a project: a built-in model, a backend, a function, a file.
assistant = Table(
    "assistant",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("name", String(100), nullable=False),
    Column("config", Text, nullable=False),  # JSON; secrets by the name of their setting only
    Column("weights_sha256", String(64)),  # the blob of an uploaded model
    Column("state", String(10), nullable=False),
    Column("interactive", Boolean, nullable=False, server_default=false()),
    # The newest problem, in words for the project page: JSON {hop, code, message, at, count}.
    Column("problem", Text),
    Column("checked_at", BigInteger),
    Column("told_through", Key, nullable=False, server_default="0"),
    Column("author_id", Key, ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    CheckConstraint(
        "kind IN ('builtin', 'label_studio', 'function', 'onnx', 'openai', 'file')", name="kind"
    ),
    CheckConstraint("state IN ('on', 'failing', 'off')", name="state"),
    UniqueConstraint("project_id", "name"),
)

# What an assistant predicted with, at one moment of its training. Versions are never edited; which
# one is shown to people is `project.model_version_id`.
model_version = Table(
    "model_version",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("assistant_id", Key, ForeignKey("assistant.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("model", String(200), nullable=False),  # name@version, as predictions carry it
    Column("state", String(10), nullable=False),
    Column("weights_sha256", String(64)),  # the blob of what was learnt; null: a server keeps it
    # The training checkpoint: SHA-256 of the ids of annotations and the seed it was trained on.
    Column("checkpoint_sha256", String(64)),
    Column("trained_on", Integer, nullable=False, server_default="0"),
    Column("held_out", Integer, nullable=False, server_default="0"),
    Column("report", Text, nullable=False, server_default="{}"),  # JSON, on held-out answers
    Column("verdict", Text, nullable=False, server_default=""),  # why promoted or not, in words
    Column("took_ms", BigInteger, nullable=False, server_default="0"),
    # The generation depth of what it learned from (model.origin); null: its maker did not say.
    Column("data_depth", Integer),
    Column("created_at", BigInteger, nullable=False),
    Column("promoted_at", BigInteger),
    Column("promoted_by", Key, ForeignKey("person.id")),  # null: the measurement did
    CheckConstraint("state IN ('candidate', 'refused', 'promoted', 'retired')", name="state"),
    UniqueConstraint("assistant_id", "number"),
    Index("ix_model_version_project", "project_id", "id"),
)

# One point of the learning curve: what a model was worth, and what had been spent until then.
learning_point = Table(
    "learning_point",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("model_version_id", Key, ForeignKey("model_version.id"), nullable=False),
    Column("question", String(60), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("judgements", Integer, nullable=False),
    Column("tasks", Integer, nullable=False),
    Column("paid_ms", BigInteger, nullable=False),
    Column("paid_micros", BigInteger, nullable=False),
    Column("measure", String(20), nullable=False),  # accuracy, iou...
    Column("score", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("held_out", Integer, nullable=False),
    Column("slices", Text, nullable=False, server_default="{}"),  # JSON: slice to {n, score...}
    Index("ix_learning_point_project", "project_id", "id"),
)

# How the queue was reordered: which tasks were put first, by which strategy, and why.
ranking_round = Table(
    "ranking_round",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("model_version_id", Key, ForeignKey("model_version.id")),
    Column("strategy", String(40), nullable=False),
    Column("phase", String(20), nullable=False),  # coverage, uncertainty
    Column("pool", Integer, nullable=False),
    Column("chosen", Integer, nullable=False),
    Column("why", Text, nullable=False, server_default="{}"),
    Column("took_ms", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_ranking_round_project", "project_id", "id"),
)

# Features of tasks, many at a time in one blob: float32, in task order.
feature_chunk = Table(
    "feature_chunk",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("embedder", String(100), nullable=False),  # name@version
    Column("first_task_id", Key, nullable=False),
    Column("last_task_id", Key, nullable=False),
    Column("tasks", Integer, nullable=False),
    Column("dimensions", Integer, nullable=False),
    Column("blob_sha256", String(64), nullable=False),
    UniqueConstraint("project_id", "embedder", "first_task_id"),
)

# A measurement of a model against people's answers, asked for by a person.
model_evaluation = Table(
    "model_evaluation",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("model_version_id", Key, ForeignKey("model_version.id")),
    Column("model", String(200), nullable=False),
    Column("source", String(10), nullable=False),
    Column("question", String(60), nullable=False),
    Column("report", Text, nullable=False),  # JSON
    Column("author_id", Key, ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("source IN ('version', 'file')", name="source"),
    Index("ix_model_evaluation_project", "project_id", "id"),
)

# Where a measured model failed; with one click these become tasks again.
model_failure = Table(
    "model_failure",
    metadata,
    Column("evaluation_id", Key, ForeignKey("model_evaluation.id"), primary_key=True),
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True),
    Column("expected", Text, nullable=False),  # JSON answer of people
    Column("predicted", Text, nullable=False),  # JSON answer of the model
    Column("score", Float),
    Column("loss", Float, nullable=False),
    Column("asked_at", BigInteger),  # when it was made a task again
)

# What pre-labels a whole project: how far it is, so that it goes on where it was cut off.
prelabel_run = Table(
    "prelabel_run",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("assistant_id", Key, ForeignKey("assistant.id"), nullable=False),
    Column("model_version_id", Key, ForeignKey("model_version.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("failed", BigInteger, nullable=False, server_default="0"),
    Column("through_task_id", Key, nullable=False, server_default="0"),
    Column("runner", String(20), nullable=False),
    Column("cost_micros", BigInteger, nullable=False, server_default="0"),
    Column("cost_currency", String(3)),
    Column("problem", Text),
    Column("author_id", Key, ForeignKey("person.id")),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    CheckConstraint("state IN ('running', 'done', 'failed', 'stopped')", name="state"),
    Index("ix_prelabel_run_project", "project_id", "id"),
)
