"""Tables of the people wing: accounts, roles, sessions, enrolments, skills, exposure, grants."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from fairhand.storage.tables.base import Key, metadata

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("secret", LargeBinary, nullable=False),  # keys pseudonyms; never leaves the database
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

person = Table(
    "person",
    metadata,
    Column("id", Key, primary_key=True),
    Column("email", String(320), unique=True),
    Column("display_name", String(200), nullable=False),
    Column("locale", String(35), nullable=False, server_default="en"),
    Column("place_country", String(2), nullable=False, server_default=""),
    Column("place_region", String(10), nullable=False, server_default=""),
    Column("is_simulated", Boolean, nullable=False, server_default=false()),
    Column("password_hash", String(200)),
    Column("state", String(10), nullable=False, server_default="active"),
    # What the person opted into and when they want to be asked; read by the queue's claim.
    Column("max_tier", Integer, nullable=False, server_default="0"),
    Column("hours_from_min", Integer),  # minutes after 00:00 UTC; both null: any time
    Column("hours_to_min", Integer),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('active', 'closed')", name="state"),
    CheckConstraint("max_tier BETWEEN 0 AND 3", name="max_tier"),
)

membership = Table(
    "membership",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, nullable=False, server_default="0"),  # 0: the whole workspace
    Column("role", String(12), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # Given here, or by a group at the identity provider: what a group gave, leaving it takes.
    Column("source", String(8), nullable=False, server_default="given"),
    CheckConstraint("source IN ('given', 'group')", name="source"),
    UniqueConstraint("person_id", "project_id", "role"),
    CheckConstraint(
        "role IN ('owner', 'manager', 'reviewer', 'trainer', 'contributor', 'auditor')",
        name="role",
    ),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("csrf_token", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Key, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, nullable=False, server_default="0"),  # 0: every project of theirs
    Column("scope", String(10), nullable=False),
    Column("label", String(100), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    CheckConstraint("scope IN ('read', 'work', 'manage', 'train')", name="scope"),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True),
    Column("state", String(10), nullable=False, server_default="active"),
    Column("joined_at", BigInteger, nullable=False),
    Column("grant_id", Key, nullable=False),
    # How far down the queue this person has looked (see work.assignment.store).
    Column("queue_epoch", Integer, nullable=False, server_default="0"),
    Column("rank_cursor", BigInteger, nullable=False, server_default="0"),
    Column("reopened_cursor", BigInteger, nullable=False, server_default="0"),
    # Tasks handed out so far; decides when the next gold task is due.
    Column("handed_out", BigInteger, nullable=False, server_default="0"),
    # Learning: joined, and not yet qualified where the project asks for it.
    CheckConstraint("state IN ('active', 'learning', 'suspended', 'left')", name="state"),
)

consent_grant = Table(
    "consent_grant",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("scope", String(40), nullable=False),
    Column("notice", Text, nullable=False),
    Column("notice_sha256", String(64), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("granted_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    Index("ix_consent_grant_person", "person_id", "project_id"),
)

skill = Table(
    "skill",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("kind", String(10), nullable=False, server_default="task"),
    Column("description", Text, nullable=False, server_default=""),
    CheckConstraint("kind IN ('task', 'language', 'domain', 'tool')", name="kind"),
)

# What was shown, for as long as it holds; the queue's claim asks for a row here.
person_skill = Table(
    "person_skill",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("skill_id", Key, ForeignKey("skill.id"), primary_key=True),
    Column("shown_at", BigInteger, nullable=False),
    Column("valid_until", BigInteger),
    Column("attempt_id", Key),  # the exam that showed it; null: somebody vouched for it
)

exposure = Table(
    "exposure",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("task_id", Key, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("dose", BigInteger, nullable=False),  # thousandths of a severity-minute
    Column("state", String(10), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("project_id", Key, nullable=False, server_default="0"),
    Column("own_tier", Integer),  # how hard the person found it: this one counts
    Column("visible_ms", BigInteger),  # how long it could be seen; null: not known yet
    CheckConstraint("state IN ('reserved', 'seen')", name="state"),
    CheckConstraint("dose >= 0", name="dose"),
    CheckConstraint("own_tier IS NULL OR own_tier BETWEEN 0 AND 4", name="own_tier"),
    UniqueConstraint("person_id", "task_id"),
    Index("ix_exposure_person_at", "person_id", "at"),
)

Index(
    "ix_sign_in_link_open",
    sign_in_link.c.expires_at,
    sqlite_where=text("used_at IS NULL"),
    postgresql_where=text("used_at IS NULL"),
)
