"""Tables of everyday use: views, reviews, webhooks, mail, single sign-on, exports, processes."""

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
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from fairhand.storage.tables.base import Key, metadata

# A question to the task browser that somebody wants to ask again.
saved_view = Table(
    "saved_view",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("query", Text, nullable=False),  # JSON: filters, search, order
    Column("shared", Boolean, nullable=False, server_default=false()),  # all who see the project
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("project_id", "person_id", "name"),
)

# What comes before a reviewer, and whether a release waits for it.
review_terms = Table(
    "review_terms",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    # How many of a thousand finished tasks are looked at whatever they say.
    Column("sample_permille", Integer, nullable=False, server_default="0"),
    Column("doubt_below", Float),  # consensus less sure than this comes before a reviewer
    Column("release_waits", Boolean, nullable=False, server_default=false()),
    Column("set_by", Key, ForeignKey("person.id"), nullable=False),
    Column("set_at", BigInteger, nullable=False),
)
# Somebody asks for a second pair of eyes on what they answered.
review_wish = Table(
    "review_wish",
    metadata,
    Column(
        "annotation_id", Key, ForeignKey("annotation.id"), primary_key=True, autoincrement=False
    ),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("words", Text, nullable=False, server_default=""),
    Column("wished_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
)
Index(
    "ix_review_wish_open",
    review_wish.c.project_id,
    review_wish.c.wished_at,
    sqlite_where=text("answered_at IS NULL"),
    postgresql_where=text("answered_at IS NULL"),
)
# A task that one reviewer has open; nobody else is given it before the claim ends.
review_claim = Table(
    "review_claim",
    metadata,
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("reviewer_id", Key, ForeignKey("person.id"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_review_claim_reviewer", "reviewer_id"),
)
# What a reviewer found of a task; nothing is edited: a later look is a row of its own.
review = Table(
    "review",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("reviewer_id", Key, ForeignKey("person.id"), nullable=False),
    Column("verdict", String(12), nullable=False),
    Column("because", String(8), nullable=False),  # why it came before a reviewer
    Column("reason", Text, nullable=False),
    # The answers looked at: JSON list of annotation ids, in the order they were shown.
    Column("annotations", Text, nullable=False),
    # The answer that the reviewer gave: JSON, question name to answer; null where none was.
    Column("value", Text),
    Column("client_key", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("undone_at", BigInteger),
    CheckConstraint("verdict IN ('accepted', 'fixed', 'asked_again')", name="verdict"),
    CheckConstraint("because IN ('doubt', 'wish', 'sample', 'chosen')", name="because"),
    UniqueConstraint("reviewer_id", "client_key"),
    Index("ix_review_task", "task_id", "id"),
    Index("ix_review_project", "project_id", "id"),
)
# The answer that stands for a task because a reviewer said so; aggregation leaves it alone.
adjudication = Table(
    "adjudication",
    metadata,
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("review_id", Key, ForeignKey("review.id"), nullable=False),
    Column("value", Text, nullable=False),  # JSON: question name to answer
    Column("at", BigInteger, nullable=False),
    Index("ix_adjudication_project", "project_id", "task_id"),
)

# Where events are told to. The secret that signs them is sealed under the workspace's own key.
webhook = Table(
    "webhook",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, nullable=False, server_default="0"),  # 0: the whole workspace
    Column("url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("events", Text, nullable=False),  # JSON list of kinds; empty: all
    Column("with_content", Boolean, nullable=False, server_default=false()),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("made_by", Key, ForeignKey("person.id"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("read_to", BigInteger, nullable=False),  # the log's events up to here are deliveries
    Column("next_number", BigInteger, nullable=False, server_default="1"),
    Column("failing_since", BigInteger),
)
# One event on its way to one webhook; they arrive by number, each after the one before it.
delivery = Table(
    "delivery",
    metadata,
    Column("id", Key, primary_key=True),
    Column("webhook_id", Key, ForeignKey("webhook.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("kind", String(60), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(8), nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", BigInteger, nullable=False),
    Column("status", Integer),  # what the receiver answered last
    Column("trouble", String(500), nullable=False, server_default=""),
    Column("made_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name="state"),
    UniqueConstraint("webhook_id", "number"),
)
_waiting = "state = 'waiting'"
Index(
    "ix_delivery_waiting",
    delivery.c.webhook_id,
    delivery.c.number,
    sqlite_where=text(_waiting),
    postgresql_where=text(_waiting),
)

# Who somebody is at an identity provider.
identity = Table(
    "identity",
    metadata,
    Column("issuer", String(500), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Index("ix_identity_person", "person_id"),
)
# A sign-in that is at the provider; `sealed` holds its nonce, PKCE verifier and way back.
sign_on = Table(
    "sign_on",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("browser_hash", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_sign_on_expires_at", "expires_at"),
)

# Mail on its way; what it says is sealed under the workspace's own key and dropped once sent.
mail = Table(
    "mail",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id")),
    Column("address", String(320), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("about", String(100), nullable=False),  # what it is about, once: `statement/12`
    Column("sealed", LargeBinary),
    Column("state", String(8), nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", BigInteger, nullable=False),
    Column("trouble", String(500), nullable=False, server_default=""),
    Column("made_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name="state"),
    UniqueConstraint("address", "kind", "about"),
)
Index(
    "ix_mail_waiting",
    mail.c.next_at,
    sqlite_where=text(_waiting),
    postgresql_where=text(_waiting),
)
# Notices that somebody does not want by mail; they are on their pages all the same.
mail_choice = Table(
    "mail_choice",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("kind", String(20), primary_key=True),
    Column("wanted", Boolean, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

# The figures of a project as counted last on each day: what pages of large projects show, and the
# history of all. A cache: what it says can be counted anew, but for the days that are over.
project_day = Table(
    "project_day",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),  # days since 1970, in UTC
    Column("body", Text, nullable=False),  # JSON
    Column("stamp", String(100), nullable=False),  # what it was counted from: unchanged, unneeded
    Column("counted_at", BigInteger, nullable=False),
    Column("took_ms", BigInteger, nullable=False),
)

# A file made for somebody to take away; its job has the same id.
export_file = Table(
    "export_file",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("release_id", Key),  # null: the project as it stands
    Column("format", String(30), nullable=False),
    Column("options", Text, nullable=False, server_default="{}"),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("state", String(8), nullable=False, server_default="making"),
    Column("name", String(200), nullable=False, server_default=""),
    Column("blob_sha256", String(64)),
    Column("size_bytes", BigInteger),
    Column("rows", BigInteger, nullable=False, server_default="0"),
    Column("left_out", Text, nullable=False, server_default="[]"),  # what the format cannot hold
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('making', 'ready', 'failed', 'gone')", name="state"),
    Index("ix_export_file_project", "project_id", "made_at"),
    Index("ix_export_file_expires_at", "expires_at"),
)

# What another tool said of a project, a task or an answer, kept whole: it goes out as it came.
foreign_project = Table(
    "foreign_project",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("source", String(20), nullable=False),
    Column("config", Text, nullable=False),  # Label Studio: the labelling configuration, XML
    Column("details", Text, nullable=False, server_default="{}"),
    Column("changed_at", BigInteger, nullable=False),
)
foreign_task = Table(
    "foreign_task",
    metadata,
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("source", String(20), nullable=False),
    Column("details", Text, nullable=False),  # JSON: its id there, `meta`
    Index("ix_foreign_task_project", "project_id", "task_id"),
)
foreign_annotation = Table(
    "foreign_annotation",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("source", String(20), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("original", Text, nullable=False),  # JSON, as it came
    # What became of it here: one of the two, or neither where no question of ours can hold it.
    Column("prediction_id", Key, ForeignKey("prediction.id")),
    Column("annotation_id", Key, ForeignKey("annotation.id")),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('annotation', 'prediction', 'draft')", name="kind"),
    Index("ix_foreign_annotation_task", "task_id", "id"),
    Index("ix_foreign_annotation_project", "project_id", "id"),
)

# The processes that serve this workspace, by their own word; one that went quiet is gone.
process = Table(
    "process",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String(40), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('server', 'worker')", name="kind"),
    Index("ix_process_seen_at", "seen_at"),
)
