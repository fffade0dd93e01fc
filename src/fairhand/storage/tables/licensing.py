"""Tables of licensing: who gets what under which terms, and what reaches them when it must end."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from fairhand.storage.tables.base import Key, metadata

licensee = Table(
    "licensee",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("contact", String(320), nullable=False),
    Column("country", String(2), nullable=False),
    Column("website", String(300), nullable=False, server_default=""),
    # The secret of their page and feed; only its hash is kept.
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

licence_request = Table(
    "licence_request",
    metadata,
    Column("id", Key, primary_key=True),
    Column("licensee_id", Key, ForeignKey("licensee.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("state", String(10), nullable=False, server_default="asked"),
    Column("purposes", Text, nullable=False),  # JSON list
    Column("territory", Text, nullable=False),  # JSON list
    Column("term_days", Integer, nullable=False),
    Column("words", Text, nullable=False),  # what it is for, in the licensee's words
    # JSON: items and people available, price in minor units, contributors' share, when reckoned
    Column("quote", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", Key, ForeignKey("person.id")),
    Column("why", String(1_000)),
    CheckConstraint("state IN ('asked', 'granted', 'declined', 'taken_back')", name="state"),
    Index("ix_licence_request_project", "project_id", "state"),
)

licence = Table(
    "licence",
    metadata,
    Column("id", Key, primary_key=True),
    Column("uid", String(36), nullable=False, unique=True),
    Column("request_id", Key, ForeignKey("licence_request.id"), nullable=False, unique=True),
    Column("licensee_id", Key, ForeignKey("licensee.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("release_id", Key, ForeignKey("release.id")),  # null until it is written
    Column("purposes", Text, nullable=False),  # JSON list
    Column("territory", Text, nullable=False),  # JSON list
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("usage_id", Key),  # the use that its royalties were paid for
    Column("policy", Text, nullable=False),  # JSON-LD: the ODRL agreement
    Column("granted_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    CheckConstraint("starts_at < ends_at", name="term"),
    Index("ix_licence_project", "project_id"),
    Index("ix_licence_release", "release_id"),
)

# What a release is for: people's grants are asked about exactly this when it is written.
release_terms = Table(
    "release_terms",
    metadata,
    Column("release_id", Key, ForeignKey("release.id"), primary_key=True, autoincrement=False),
    Column("purposes", Text, nullable=False),  # JSON list
    Column("territory", Text, nullable=False),  # JSON list
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("recipient", String(200), nullable=False, server_default=""),
    Column("policy", Text, nullable=False, server_default="{}"),  # JSON-LD: the ODRL offer
    Column("supersedes", Key, ForeignKey("release.id")),  # this one was made because of removals
)

# Which contributions a release holds, and the name it has for each; nobody outside can join the
# names of two releases.
release_item = Table(
    "release_item",
    metadata,
    Column("release_id", Key, ForeignKey("release.id"), primary_key=True, autoincrement=False),
    Column(
        "contribution_id",
        Key,
        ForeignKey("contribution.id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("item", String(32), nullable=False),  # opaque
    Index("ix_release_item_contribution", "contribution_id"),
)

# What of a release must not be used any more: the item's name, no person, no reason beyond a class.
revocation = Table(
    "revocation",
    metadata,
    Column("release_id", Key, ForeignKey("release.id"), primary_key=True, autoincrement=False),
    Column("item", String(32), primary_key=True),
    Column("reason", String(10), nullable=False),
    Column("withdrawal_id", Key, ForeignKey("withdrawal.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_revocation_withdrawal", "withdrawal_id"),
)
# Each signed state of a release's list; the newest says all.
revocation_list = Table(
    "revocation_list",
    metadata,
    Column("release_id", Key, ForeignKey("release.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("items", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the list's file
    Column("blob_sha256", String(64), nullable=False),
    Column("note", Text, nullable=False),  # signed (C2SP signed-note)
    Column("signed_at", BigInteger, nullable=False),
)

# What a recipient was told, and how they answered.
recipient_notice = Table(
    "recipient_notice",
    metadata,
    Column("id", Key, primary_key=True),
    Column("licence_id", Key, ForeignKey("licence.id"), nullable=False),
    Column("release_id", Key, ForeignKey("release.id"), nullable=False),
    Column("list_number", Integer, nullable=False),
    Column("state", String(12), nullable=False, server_default="sent"),
    Column("sent_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("answer", Text),  # their words, and who says so
    Column("receipt", Text),  # signed by us: what they told us, when
    UniqueConstraint("licence_id", "release_id", "list_number"),
    CheckConstraint(
        "state IN ('sent', 'acknowledged', 'attested', 'overdue', 'disputed')", name="state"
    ),
    Index("ix_recipient_notice_state", "state", "due_at"),
)

# Models that were trained on a release, as their makers registered them.
trained_model = Table(
    "trained_model",
    metadata,
    Column("id", Key, primary_key=True),
    Column("licence_id", Key, ForeignKey("licence.id")),  # null: trained in the house
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("release_id", Key, ForeignKey("release.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("version", String(60), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("is_in_use", Boolean, nullable=False, server_default=true()),
    Column("trained_at", BigInteger, nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    UniqueConstraint("release_id", "name", "version"),
)
unlearning_request = Table(
    "unlearning_request",
    metadata,
    Column("id", Key, primary_key=True),
    Column("model_id", Key, ForeignKey("trained_model.id"), nullable=False),
    Column("list_number", Integer, nullable=False),
    Column("items", BigInteger, nullable=False),
    Column("state", String(12), nullable=False, server_default="asked"),
    Column("asked_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("why", String(1_000)),
    UniqueConstraint("model_id", "list_number"),
    CheckConstraint(
        "state IN ('asked', 'retrained', 'unlearned', 'suppressed', 'cannot', 'overdue')",
        name="state",
    ),
)

# Which copy leaked: of each pair of items a recipient gets one, so the choices name the recipient.
canary_pair = Table(
    "canary_pair",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("one", Key, ForeignKey("contribution.id"), nullable=False),
    Column("other", Key, ForeignKey("contribution.id"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    UniqueConstraint("one"),
    UniqueConstraint("other"),
    Index("ix_canary_pair_project", "project_id"),
)
licence_mark = Table(
    "licence_mark",
    metadata,
    Column("licence_id", Key, ForeignKey("licence.id"), primary_key=True, autoincrement=False),
    Column("pair_id", Key, ForeignKey("canary_pair.id"), primary_key=True, autoincrement=False),
    Column("holds_other", Boolean, nullable=False),
)
Index(
    "ix_licence_live",
    licence.c.ends_at,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)
