"""Tables of durable jobs: what was asked, how far it is, and which steps were done."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from fairhand.storage.tables.base import Key, metadata

job = Table(
    "job",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("project_id", Key, ForeignKey("project.id")),
    Column("person_id", Key, ForeignKey("person.id")),
    Column("command", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger),
    Column("issues", Text, nullable=False, server_default="[]"),
    Column("result", Text),
    Column("error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state_is_known"),
)
"""One row per job; progress changes in the same transaction as the step that made it."""

Index(
    "ix_job_queued",
    job.c.created_at,
    sqlite_where=job.c.state == "queued",
    postgresql_where=job.c.state == "queued",
)
Index("ix_job_project_id", job.c.project_id, job.c.created_at)

job_step = Table(
    "job_step",
    metadata,
    Column("job_id", String(64), ForeignKey("job.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("outcome", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""The outcome of each step, written in the transaction of its effect: done once, or not at all."""
