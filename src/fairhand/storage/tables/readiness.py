"""Tables of readiness: pilots, courses, attempts, practice, credentials, the talent directory."""

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

# A pilot is a small paid project of its own: a sample of the tasks of the project that it tests,
# under the same questions and guidelines, answered by a few people, each task by all of them.
pilot = Table(
    "pilot",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("of_project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("version", Integer, nullable=False),  # of the questions and guidelines that it tests
    Column("people_wanted", Integer, nullable=False),
    Column("tasks", Integer, nullable=False),
    Column("target_alpha", Float, nullable=False),
    Column("outcome", String(10), nullable=False, server_default="running"),
    Column("evidence", Text, nullable=False, server_default="{}"),  # JSON: what the decision saw
    Column("started_by", Key, ForeignKey("person.id"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("decided_by", Key, ForeignKey("person.id")),
    Column("decided_at", BigInteger),
    Column("reason", Text, nullable=False, server_default=""),
    CheckConstraint("outcome IN ('running', 'go', 'no_go')", name="outcome"),
    CheckConstraint("people_wanted >= 2", name="people_wanted"),
    Index("ix_pilot_of", "of_project_id", "started_at"),
)

# What the owner asks of a project before it opens; without a row the defaults of the rules hold.
readiness_terms = Table(
    "readiness_terms",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("target_alpha", Float, nullable=False),
    Column("people_wanted", Integer, nullable=False),  # in the pilot
    Column("qualified_wanted", Integer, nullable=False),
    Column("gold_wanted", Integer, nullable=False),
    Column("skills_wanted", Text, nullable=False, server_default="[]"),  # JSON list of skill ids
    Column("skill_gap", Text, nullable=False, server_default=""),  # a gap that is named and meant
    Column("changed_by", Key, ForeignKey("person.id"), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

# Lessons and a qualification, made from the guidelines and gold tasks of a project version.
# Published ones are never edited: a change is a new version, and the old one is retired.
course = Table(
    "course",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, …: the course's own versions
    Column("project_version", Integer, nullable=False),  # of questions and guidelines
    Column("title", String(200), nullable=False),
    Column("skill_id", Key, ForeignKey("skill.id"), nullable=False),  # what passing it shows
    Column("steps", Text, nullable=False),  # JSON list: text, example or practice
    Column("exam_tasks", Text, nullable=False),  # JSON list of gold task ids asked in the exam
    Column("exam_asks", Integer, nullable=False),  # how many of them one exam draws
    Column("pass_permille", Integer, nullable=False),  # what the exact lower end must reach
    Column("retakes", Integer, nullable=False),
    Column("retake_after_ms", BigInteger, nullable=False),
    Column("valid_ms", BigInteger),  # how long a pass holds; null: for good
    Column("most_paid_ms", BigInteger, nullable=False),  # what is paid a person for it at most
    Column("state", String(10), nullable=False, server_default="draft"),
    Column("author_id", Key, ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("published_at", BigInteger),
    UniqueConstraint("project_id", "number"),
    CheckConstraint("state IN ('draft', 'live', 'retired')", name="state"),
    CheckConstraint("pass_permille BETWEEN 0 AND 1000", name="pass_permille"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Key, primary_key=True),
    Column("course_id", Key, ForeignKey("course.id"), nullable=False),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("state", String(10), nullable=False, server_default="running"),
    Column("asked", Text, nullable=False),  # JSON list of task ids, in the order they are asked
    Column("result", Text, nullable=False, server_default="{}"),  # JSON: right, of, interval, why
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    CheckConstraint("kind IN ('lesson', 'practice', 'exam')", name="kind"),
    CheckConstraint("state IN ('running', 'passed', 'failed', 'void', 'left')", name="state"),
    Index("ix_attempt_person", "person_id", "course_id", "started_at"),
)
_running = "state = 'running'"
Index(
    "ix_attempt_running",
    attempt.c.person_id,
    attempt.c.course_id,
    attempt.c.kind,
    unique=True,
    sqlite_where=text(_running),
    postgresql_where=text(_running),
)

attempt_answer = Table(
    "attempt_answer",
    metadata,
    Column("id", Key, primary_key=True),
    Column("attempt_id", Key, ForeignKey("attempt.id"), nullable=False),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("client_key", String(64), nullable=False),
    Column("value", Text, nullable=False),  # JSON: question name to answer
    Column("is_right", Boolean, nullable=False),
    Column("answered_at", BigInteger, nullable=False),
    UniqueConstraint("attempt_id", "task_id"),
    UniqueConstraint("attempt_id", "client_key"),
)

# When somebody meets a practice task again: what was wrong comes back soon, what is known later.
practice_card = Table(
    "practice_card",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True),
    Column("course_id", Key, ForeignKey("course.id"), nullable=False),
    Column("box", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Index("ix_practice_card_due", "person_id", "due_at"),
)

# The keys that sign credentials; the private half lies with the workspace's other keys.
issuer_key = Table(
    "issuer_key",
    metadata,
    Column("id", Key, primary_key=True),
    Column("multikey", String(80), nullable=False, unique=True),  # publicKeyMultibase
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),  # signs no more; what it signed stays valid
    Column("revoked_at", BigInteger),  # what it signed is not to be trusted
    Column("reason", Text, nullable=False, server_default=""),
)

credential = Table(
    "credential",
    metadata,
    Column("id", Key, primary_key=True),
    Column("uid", String(36), nullable=False, unique=True),  # a UUID: says nothing of the person
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("skill_id", Key, ForeignKey("skill.id"), nullable=False),
    Column("attempt_id", Key, ForeignKey("attempt.id")),
    Column("key_id", Key, ForeignKey("issuer_key.id"), nullable=False),
    Column("body", Text, nullable=False),  # the signed JSON, as it was given out
    Column("issued_at", BigInteger, nullable=False),
    Column("valid_until", BigInteger),
    Column("revoked_at", BigInteger),
    Column("reason", Text, nullable=False, server_default=""),
    Column("is_shared", Boolean, nullable=False, server_default=false()),  # by its address
    Index("ix_credential_person", "person_id", "issued_at"),
)

# The talent directory: a row is there only while its person wants to be found.
talent_profile = Table(
    "talent_profile",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("is_listed", Boolean, nullable=False, server_default=false()),
    Column("notice_sha256", String(64), nullable=False),  # of the words that were agreed to
    Column("languages", Text, nullable=False, server_default="[]"),  # JSON: tag and level
    Column("domains", Text, nullable=False, server_default="[]"),  # JSON list of words
    Column("tools", Text, nullable=False, server_default="[]"),
    Column("about", Text, nullable=False, server_default=""),
    Column("hours_a_week", Integer),
    Column("available_from", BigInteger),
    Column("available_until", BigInteger),
    Column("wants", Text, nullable=False, server_default="[]"),  # JSON list: reviewer, trainer
    Column("agreed_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

# The way to more responsibility: what a step asks, and what it adds to the hour.
career_step = Table(
    "career_step",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, nullable=False, server_default="0"),  # 0: the whole workspace
    Column("role", String(12), nullable=False),
    Column("title", String(200), nullable=False),
    Column("needs", Text, nullable=False),  # JSON: skills, tasks done, gold share, …
    Column("pay_permille", Integer, nullable=False),  # added to the rate
    Column("set_by", Key, ForeignKey("person.id"), nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    CheckConstraint("role IN ('contributor', 'reviewer', 'trainer')", name="role"),
    CheckConstraint("pay_permille >= 0", name="pay_permille"),
)
