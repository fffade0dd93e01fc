"""Tables of the quality wing: what is known of people's answers, and the consensus of tasks."""

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
    text,
)

from fairhand.storage.tables.base import Key, metadata

# One row per project. Updating it is the lock that lets one aggregation run at a time; `batch`
# counts the runs, so that a refit leaves alone what was aggregated after it had looked.
aggregation = Table(
    "aggregation",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("batch", BigInteger, nullable=False, server_default="0"),
    Column("answers", BigInteger, nullable=False, server_default="0"),  # aggregated so far
    Column("fitted_answers", BigInteger, nullable=False, server_default="0"),
    Column("fitted_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
)

# Expected answers, summed over tasks: derived from annotations, and made anew by every refit.
question_model = Table(
    "question_model",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("question", String(60), primary_key=True),
    Column("part", String(200), primary_key=True),  # "" or one label of a multiple choice
    Column("classes", Text, nullable=False),  # JSON list; the order of every list below
    Column("task_counts", Text, nullable=False),  # JSON list
    Column("crowd", Text, nullable=False),  # JSON: given class code to a list over true classes
)

annotator_model = Table(
    "annotator_model",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("question", String(60), primary_key=True),
    Column("part", String(200), primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("counts", Text, nullable=False),  # JSON: given class code to a list over true classes
    Index("ix_annotator_model_person", "person_id"),
)

agreement = Table(
    "agreement",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("question", String(60), primary_key=True),
    Column("alpha", Float),  # null: cannot be told from chance
    Column("low", Float),
    Column("high", Float),
    Column("tasks", BigInteger, nullable=False),
    Column("answers", BigInteger, nullable=False),
    Column("measured_at", BigInteger, nullable=False),
)

# What a refit found out about a question, ready to be shown: confusion, gold, people with
# intervals, slices, likely label errors, forecast. Derived, and made anew by every refit.
quality_report = Table(
    "quality_report",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("question", String(60), primary_key=True),
    Column("body", Text, nullable=False),  # JSON
    Column("measured_at", BigInteger, nullable=False),
)

# Something a human should look at: evidence, never a verdict. `fingerprint` finds it again, so
# that what was set aside stays aside.
quality_signal = Table(
    "quality_signal",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),  # JSON: people, sentence, evidence, other explanations
    Column("state", String(10), nullable=False, server_default="open"),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("looked_at", BigInteger),
    Column("looked_by", Key, ForeignKey("person.id")),
    Column("note", Text, nullable=False, server_default=""),
    UniqueConstraint("project_id", "fingerprint"),
    CheckConstraint("state IN ('open', 'set_aside')", name="state"),
)

consensus = Table(
    "consensus",
    metadata,
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("question", String(60), primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("value", Text),  # JSON answer; null: nobody answered this question
    Column("confidence", Float, nullable=False),
    Column("method", String(40), nullable=False),
    Column("n_answers", Integer, nullable=False),
    Column("settled", Boolean, nullable=False),  # no further judgement is asked for
    Column("beliefs", Text, nullable=False),  # JSON: part to class to probability
    Column("answer_ids", Text, nullable=False),  # JSON list of the annotations behind it
    Column("batch", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    CheckConstraint("confidence >= 0 AND confidence <= 1", name="confidence"),
    CheckConstraint("n_answers >= 0", name="n_answers"),
    Index("ix_consensus_project", "project_id", "question", "task_id"),
    # The orders in which an owner looks through tasks: least sure, most answers.
    Index("ix_consensus_sure", "project_id", "question", "confidence", "task_id"),
    Index("ix_consensus_answers", "project_id", "question", "n_answers", "task_id"),
)
Index(
    "ix_consensus_unsettled",
    consensus.c.project_id,
    consensus.c.confidence,
    sqlite_where=text("NOT settled"),
    postgresql_where=text("NOT settled"),
)
