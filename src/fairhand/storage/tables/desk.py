"""Tables of the task page: recordings on their way in, conversation trees, words about tasks."""

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

# What was made of a task's file beforehand: peaks of a sound, a tile of a large picture, a picture
# with another brightness. Named by the file and by what it is, so making it twice is once.
media_part = Table(
    "media_part",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("name", String(80), primary_key=True),  # "peaks", "tile/3/2_5", "pyramid"
    Column("blob_sha256", String(64), nullable=False),
    Column("content_type", String(60), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)

# A recording that comes in parts; it belongs to one person and one question of one task for ever.
recording = Table(
    "recording",
    metadata,
    Column("id", String(36), primary_key=True),  # a UUID that the device chose
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("question", String(60), nullable=False),
    Column("state", String(8), nullable=False, server_default="open"),
    Column("rate", Integer, nullable=False),  # samples a second
    Column("samples", BigInteger, nullable=False, server_default="0"),
    Column("received_bytes", BigInteger, nullable=False, server_default="0"),
    # Of the whole file, once it is whole: a WAV file of 16-bit PCM, one channel.
    Column("blob_sha256", String(64)),
    Column("size_bytes", BigInteger),
    Column("duration_ms", BigInteger),
    Column("loudness", Float),  # mean square over full scale, in dB
    Column("noise", Float),  # the same of its quietest tenth
    Column("clipped", Float),  # share of samples at full scale
    Column("created_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('open', 'whole', 'dropped')", name="state"),
    Index("ix_recording_task", "task_id", "person_id"),
    Index("ix_recording_blob", "blob_sha256"),
    Index(
        "ix_recording_open",
        "touched_at",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index("ix_recording_person", "person_id", "created_at"),
    Index(
        "ix_recording_whole",
        "touched_at",
        sqlite_where=text("state = 'whole'"),
        postgresql_where=text("state = 'whole'"),
    ),
)
recording_part = Table(
    "recording_part",
    metadata,
    Column("recording_id", String(36), ForeignKey("recording.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("blob_sha256", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

# Conversation trees: a prompt, replies to it, replies to those. A message is written in one task,
# reviewed in others, ranked among its siblings in others again.
conversation = Table(
    "conversation",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("language", String(35), nullable=False, server_default=""),
    Column("wanted_messages", Integer, nullable=False),
    Column("most_depth", Integer, nullable=False),
    Column("most_replies", Integer, nullable=False),
    Column("ended_because", String(200)),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint(
        "state IN ('prompt_review', 'growing', 'ranking', 'ready', 'low_grade', 'halted')",
        name="state",
    ),
    Index("ix_conversation_project", "project_id", "state"),
)
message = Table(
    "message",
    metadata,
    Column("id", Key, primary_key=True),
    Column("conversation_id", Key, ForeignKey("conversation.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("parent_id", Key, ForeignKey("message.id")),
    Column("role", String(10), nullable=False),
    Column("depth", Integer, nullable=False),
    Column("text", Text, nullable=False),
    # Null: it came with the import, or a model wrote it (`model` says which).
    Column("author_id", Key, ForeignKey("person.id")),
    Column("model", String(200)),
    Column("annotation_id", Key, ForeignKey("annotation.id")),
    Column("state", String(10), nullable=False),
    Column("rank", Integer),  # among its siblings, 0 the best, once they are ranked
    Column("quality", Float),  # mean of the reviewers' ratings, 0 to 1
    Column("reviews", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("role IN ('prompter', 'assistant')", name="role"),
    CheckConstraint("state IN ('review', 'accepted', 'rejected')", name="state"),
    UniqueConstraint("annotation_id"),
    Index("ix_message_conversation", "conversation_id", "id"),
)
# Which task asks for what about which message: a reply to it, a review of it, the order of its
# replies.
message_task = Table(
    "message_task",
    metadata,
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("conversation_id", Key, ForeignKey("conversation.id"), nullable=False),
    Column("message_id", Key, ForeignKey("message.id"), nullable=False),
    Column("step", String(10), nullable=False),
    Column("done", Boolean, nullable=False, server_default=false()),
    CheckConstraint("step IN ('prompt', 'reply', 'review', 'rank')", name="step"),
    Index("ix_message_task_open", "conversation_id", "step"),
)

# What a project asks of its conversation trees, and up to which answer all are taken in for sure.
conversation_terms = Table(
    "conversation_terms",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("reviews", Integer, nullable=False),
    Column("accept_share", Float, nullable=False),
    Column("rankings", Integer, nullable=False),
    Column("wanted_messages", Integer, nullable=False),
    Column("most_depth", Integer, nullable=False),
    Column("most_replies", Integer, nullable=False),
    Column("taken_to", BigInteger, nullable=False, server_default="0"),
    Column("changed_at", BigInteger, nullable=False),
)
# Answers that trees have taken in; each once.
conversation_answer = Table(
    "conversation_answer",
    metadata,
    Column(
        "annotation_id", Key, ForeignKey("annotation.id"), primary_key=True, autoincrement=False
    ),
)

# What people say about a task: to the owner when something is unclear, or to one another where
# the project allows it. An answer is a remark under a remark.
remark = Table(
    "remark",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("task_id", Key, ForeignKey("task.id")),  # null: about the guidelines
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("parent_id", Key, ForeignKey("remark.id")),
    Column("kind", String(8), nullable=False),
    Column("words", Text, nullable=False),
    Column("client_key", String(64), nullable=False),
    Column("said_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("settled_by", Key, ForeignKey("person.id")),
    # The answer helps everybody: it is shown beside the guidelines.
    Column("shared", Boolean, nullable=False, server_default=false()),
    CheckConstraint("kind IN ('unclear', 'comment', 'answer')", name="kind"),
    UniqueConstraint("person_id", "client_key"),
    Index("ix_remark_task", "task_id", "id"),
    Index("ix_remark_project", "project_id", "id"),
)

# The guidelines' examples: right and wrong answers to look at beside the work.
guideline_example = Table(
    "guideline_example",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("value", Text, nullable=False),  # JSON: question name to answer
    Column("is_right", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    Column("author_id", Key, ForeignKey("person.id"), nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
    Index("ix_guideline_example_project", "project_id", "id"),
)
# The newest version of the guidelines that somebody has opened; what changed since is shown.
guideline_reading = Table(
    "guideline_reading",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("read_at", BigInteger, nullable=False),
)
