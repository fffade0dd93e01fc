"""Tables of consent: notices, grants by modality and purpose, keys that can be destroyed."""

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

# The words people agree to: a version in a language, never changed once published. All languages
# of one version say the same and offer the same terms.
notice = Table(
    "notice",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("language", String(35), nullable=False),
    Column("words", Text, nullable=False),  # Markdown, written from `terms` and the owner's form
    Column("sha256", String(64), nullable=False),  # of `words`
    # JSON: what is offered (modalities, purposes, longest term, territories, retention, pay,
    # royalty, controller...). Human and machine text are both written from this.
    Column("terms", Text, nullable=False),
    # JSON list of two questions: words, choices, which is right, why.
    Column("checks", Text, nullable=False),
    Column("author_id", Key, ForeignKey("person.id"), nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),  # after this nobody can agree to it any more
    Column("retired_at", BigInteger),  # a newer version took its place
    UniqueConstraint("project_id", "version", "language"),
)

# One consent of one person for one modality (ISO/IEC TS 27560 record). What was agreed to never
# changes; purposes end one by one, the whole by `withdrawn_at` or `ends_at`.
data_grant = Table(
    "data_grant",
    metadata,
    Column("id", Key, primary_key=True),
    Column("uid", String(36), nullable=False, unique=True),  # of the record, for receipts
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("notice_id", Key, ForeignKey("notice.id"), nullable=False),
    Column("modality", String(20), nullable=False),
    Column("territory", Text, nullable=False),  # JSON list: countries, or ["worldwide"]
    Column("recipients", Text),  # JSON list of licensees' names; null: whoever holds a licence
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("check_result", Text, nullable=False),  # JSON: what was answered, how often, when
    Column("rendering", String(40), nullable=False),  # of the page that showed the notice
    # Who agreed for somebody who cannot: JSON {name, relation, contact, confirmed_at}.
    Column("guardian", Text),
    # Who may act for them from now on: JSON {name, contact, may: [...]}.
    Column("proxy", Text),
    Column("is_minor", Boolean, nullable=False, server_default=false()),
    Column("royalty_terms_version", Integer),
    Column("granted_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    # Set by whatever ended it otherwise: a newer grant of the same person and modality.
    Column("replaced_by", Key, ForeignKey("data_grant.id")),
    Column("ended_at", BigInteger),
    Column("event_id", Key),  # its line in the log: the receipt's proof
    CheckConstraint("starts_at < ends_at", name="term"),
    CheckConstraint("NOT is_minor OR guardian IS NOT NULL", name="guardian"),
    Index("ix_data_grant_person", "person_id", "project_id"),
    Index("ix_data_grant_project", "project_id", "modality", "ends_at"),
)
Index(
    "uq_data_grant_living",
    data_grant.c.person_id,
    data_grant.c.project_id,
    data_grant.c.modality,
    unique=True,
    sqlite_where=text("withdrawn_at IS NULL AND ended_at IS NULL"),
    postgresql_where=text("withdrawn_at IS NULL AND ended_at IS NULL"),
)

# What was ticked. No row: not licensed.
grant_purpose = Table(
    "grant_purpose",
    metadata,
    Column("grant_id", Key, ForeignKey("data_grant.id"), primary_key=True, autoincrement=False),
    Column("purpose", String(20), primary_key=True),
    Column("granted_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
)

# What was refused: nothing follows from it, and it is not asked again.
consent_refusal = Table(
    "consent_refusal",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("notice_sha256", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
)

# Reading a notice: where somebody is between its words and their answer.
notice_reading = Table(
    "notice_reading",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("notice_id", Key, ForeignKey("notice.id"), primary_key=True, autoincrement=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("understood_at", BigInteger),
    Column("answers", Text, nullable=False, server_default="[]"),  # JSON of every try
)

# One key for each person, itself sealed under the workspace's key file. Destroying it makes what
# it sealed unreadable everywhere, in backups too.
person_key = Table(
    "person_key",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary),  # null once it is destroyed
    Column("created_at", BigInteger, nullable=False),
    Column("destroyed_at", BigInteger),
    CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),
)

# Each act of withdrawing: what it reached, in numbers.
withdrawal = Table(
    "withdrawal",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("grant_id", Key, ForeignKey("data_grant.id")),
    # JSON: {"purposes": [...]}, {"contributions": [...]}, {"all": true}
    Column("scope", Text, nullable=False),
    Column("reason", String(10), nullable=False),
    Column("items", BigInteger, nullable=False, server_default="0"),
    Column("releases", Integer, nullable=False, server_default="0"),
    Column("asked_at", BigInteger, nullable=False),
    Column("blocked_at", BigInteger, nullable=False),
    Column("told_at", BigInteger),  # lists signed and notices queued
    Column("event_id", Key),
    CheckConstraint("reason IN ('withdrawn', 'expired', 'erased', 'retention')", name="reason"),
    Index("ix_withdrawal_person", "person_id", "id"),
)
Index(
    "ix_withdrawal_untold",
    withdrawal.c.id,
    sqlite_where=text("told_at IS NULL"),
    postgresql_where=text("told_at IS NULL"),
)

# Somebody asked to be erased: what went, and what the law makes us keep, for how long.
erasure = Table(
    "erasure",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("removed", Text, nullable=False, server_default="{}"),  # JSON: rows and files by kind
    Column("kept", Text, nullable=False, server_default="[]"),  # JSON: what, which law, until when
    Column("event_id", Key),
    CheckConstraint("state IN ('running', 'done')", name="state"),
    Index("ix_erasure_person", "person_id"),
)
