"""Tables of campaigns: what is collected, from whom, what came in and what is known of it."""

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
)

from fairhand.storage.tables.base import Key, metadata

# A project that collects what people give of themselves; every project with such a row is one.
campaign = Table(
    "campaign",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    # JSON list of modalities that its questions bring in: ["voice"], ["image", "face"]...
    Column("modalities", Text, nullable=False),
    # JSON: which of faces, plates, text and voice are made unrecognisable, and how
    Column("anonymise", Text, nullable=False),
    Column("law_pack", String(40), nullable=False, server_default="eu"),
    Column("retention_days", Integer, nullable=False),
    Column("least_age", Integer, nullable=False, server_default="18"),
    # Groups of people smaller than this are never shown; with an epsilon, counts are noised too.
    Column("smallest_cell", Integer, nullable=False, server_default="10"),
    Column("epsilon", Float),
    # JSON: what a contribution must be: {"language": "sw", "loudness": [-40, -6], ...}
    Column("checks", Text, nullable=False, server_default="{}"),
    # JSON: offered share of what licences bring, price a purpose: see proof.licensing.
    Column("prices", Text, nullable=False, server_default="{}"),
    Column("is_listed", Boolean, nullable=False, server_default=false()),  # on the public page
    # The newest answer that was taken in as contributions.
    Column("taken_to", BigInteger, nullable=False, server_default="0"),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("smallest_cell >= 2", name="smallest_cell"),
    CheckConstraint("retention_days > 0", name="retention_days"),
)

# A part of the picture that must be filled: JSON {"language": "sw", "device": "phone"}.
campaign_cell = Table(
    "campaign_cell",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("attributes", Text, nullable=False),
    Column("target", BigInteger, nullable=False),  # contributions
    Column("removed_at", BigInteger),
    UniqueConstraint("project_id", "name"),
)

# How many people first gave something in one week, with noise, drawn once and kept: each person is
# counted in one week alone, so that one budget is all that is ever spent on them.
coverage_wave = Table(
    "coverage_wave",
    metadata,
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("week", Integer, primary_key=True, autoincrement=False),  # since 1970-01-01
    # A row of campaign_cell; 0: everybody.
    Column("cell_id", Key, primary_key=True, autoincrement=False),
    Column("people", BigInteger, nullable=False),  # noised: may be below nothing
    Column("epsilon", Float, nullable=False),
    Column("sensitivity", Integer, nullable=False),  # in how many counts one person may be
    Column("counted_at", BigInteger, nullable=False),
)

# What people say of themselves for one campaign; each of it by choice.
contributor_profile = Table(
    "contributor_profile",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("project_id", Key, ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("language", String(35), nullable=False, server_default=""),
    Column("region", String(40), nullable=False, server_default=""),
    Column("device", String(20), nullable=False, server_default=""),
    Column("environment", String(20), nullable=False, server_default=""),
    Column("age_band", String(10), nullable=False, server_default=""),
    Column("said_at", BigInteger, nullable=False),
)

# One thing that somebody gave: one question of one answer of theirs.
contribution = Table(
    "contribution",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("task_id", Key, ForeignKey("task.id"), nullable=False),
    Column("annotation_id", Key, ForeignKey("annotation.id"), nullable=False),
    Column("question", String(60), nullable=False),
    Column("grant_id", Key, ForeignKey("data_grant.id")),  # null: none was valid when it came
    Column("modality", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("media_type", String(60), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    # As it came in, sealed under the person's key; null: `open_sha256` is all there is.
    Column("sealed_sha256", String(64)),
    Column("original_sha256", String(64), nullable=False),  # what the sealed file hashes to
    # As others see it: stripped, and anonymised where the campaign asks for it.
    Column("open_sha256", String(64)),
    Column("anonymised", Text),  # JSON: what was done, by which method and version; null: nothing
    Column("measures", Text, nullable=False, server_default="{}"),  # JSON: duration, loudness...
    Column("slice", Text, nullable=False, server_default="{}"),  # JSON: the profile as it was then
    Column("given_at", BigInteger, nullable=False),
    Column("ready_at", BigInteger),
    Column("ended_at", BigInteger),  # withdrawn, expired or erased
    # Its files are deleted; `open_sha256` stays, so that tasks made of it show nothing.
    Column("files_gone_at", BigInteger),
    CheckConstraint("state IN ('new', 'ready', 'held', 'withdrawn', 'erased')", name="state"),
    UniqueConstraint("annotation_id", "question"),
    Index("ix_contribution_person", "person_id", "project_id", "id"),
    Index("ix_contribution_grant", "grant_id", "state"),
    Index("ix_contribution_project", "project_id", "state", "id"),
    Index("ix_contribution_open", "open_sha256"),
    Index("ix_contribution_original", "original_sha256"),
    Index("ix_contribution_task", "task_id"),
)
_left = "files_gone_at IS NULL AND state IN ('withdrawn', 'erased')"
Index(
    "ix_contribution_left",
    contribution.c.person_id,
    contribution.c.id,
    sqlite_where=text(_left),
    postgresql_where=text(_left),
)
Index(
    "ix_contribution_new",
    contribution.c.id,
    sqlite_where=text("state = 'new'"),
    postgresql_where=text("state = 'new'"),
)

# Something that was noticed of a contribution: for the person who gave it, and for a human who
# decides. Never a ground for not paying.
finding = Table(
    "finding",
    metadata,
    Column("id", Key, primary_key=True),
    Column("contribution_id", Key, ForeignKey("contribution.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("kind", String(30), nullable=False),  # "clipped", "near_duplicate", "replay"...
    Column("severity", String(8), nullable=False),
    Column("words", Text, nullable=False),
    Column("details", Text, nullable=False, server_default="{}"),  # JSON
    Column("found_at", BigInteger, nullable=False),
    Column("settled_as", String(10)),  # by a human: keep, ask_again, leave_out
    Column("settled_by", Key, ForeignKey("person.id")),
    Column("settled_at", BigInteger),
    Column("why", String(500)),
    CheckConstraint("severity IN ('note', 'look', 'hold')", name="severity"),
    CheckConstraint("settled_as IN ('keep', 'ask_again', 'leave_out')", name="settled_as"),
    Index("ix_finding_contribution", "contribution_id"),
)
Index(
    "ix_finding_open",
    finding.c.project_id,
    finding.c.id,
    sqlite_where=text("settled_as IS NULL AND severity <> 'note'"),
    postgresql_where=text("settled_as IS NULL AND severity <> 'note'"),
)

# What finds copies: 64 bits as eight bytes, or more of them for sounds and texts.
fingerprint = Table(
    "fingerprint",
    metadata,
    Column("id", Key, primary_key=True),
    Column("contribution_id", Key, ForeignKey("contribution.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("kind", String(12), nullable=False),  # "phash", "dhash", "flip", "sound", "minhash"
    Column("bits", LargeBinary, nullable=False),
    Index("ix_fingerprint_kind", "kind", "id"),
    Index("ix_fingerprint_contribution", "contribution_id"),
)

# A file that comes in parts: a photo for a question, or a file to look up.
upload = Table(
    "upload",
    metadata,
    Column("id", String(36), primary_key=True),  # a UUID that the device chose
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id")),  # null: a file to look up
    Column("task_id", Key, ForeignKey("task.id")),
    Column("question", String(60)),
    Column("state", String(8), nullable=False, server_default="open"),
    Column("media_type", String(60)),  # by its bytes, once it is whole
    Column("declared_bytes", BigInteger, nullable=False),
    Column("received_bytes", BigInteger, nullable=False, server_default="0"),
    Column("blob_sha256", String(64)),  # of the whole file, stripped of what it must not carry
    Column("size_bytes", BigInteger),
    Column("details", Text, nullable=False, server_default="{}"),  # JSON: width, height, stripped
    Column("created_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('open', 'whole', 'dropped')", name="state"),
    Index("ix_upload_task", "task_id", "person_id"),
    Index("ix_upload_blob", "blob_sha256"),
    Index("ix_upload_person", "person_id", "created_at"),
)
Index(
    "ix_upload_kept",
    upload.c.state,
    upload.c.touched_at,
    sqlite_where=text("state <> 'dropped'"),
    postgresql_where=text("state <> 'dropped'"),
)
upload_part = Table(
    "upload_part",
    metadata,
    Column("upload_id", String(36), ForeignKey("upload.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("blob_sha256", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

# Numbers computed from a voice or a face that would recognise the person again: a class of their
# own, sealed under the person's key, never in a release, never in a licence, ending by themselves.
biometric_template = Table(
    "biometric_template",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id")),
    Column("grant_id", Key, ForeignKey("data_grant.id"), nullable=False),
    Column("contribution_id", Key, ForeignKey("contribution.id")),
    Column("kind", String(12), nullable=False),
    Column("method", String(60), nullable=False),
    Column("sealed", LargeBinary),  # null once it is destroyed
    Column("created_at", BigInteger, nullable=False),
    Column("last_met_at", BigInteger, nullable=False),  # the person's last interaction
    Column("destroy_by", BigInteger, nullable=False),
    Column("destroyed_at", BigInteger),
    Column("why_destroyed", String(60)),
    CheckConstraint("kind IN ('voiceprint', 'face')", name="kind"),
    CheckConstraint("(sealed IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),
    Index("ix_biometric_template_person", "person_id"),
)
Index(
    "ix_biometric_template_living",
    biometric_template.c.destroy_by,
    sqlite_where=text("destroyed_at IS NULL"),
    postgresql_where=text("destroyed_at IS NULL"),
)

# Who looked something up, and how many answers there were; never what was looked up.
look_up = Table(
    "look_up",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("kind", String(12), nullable=False),  # "image", "sound", "text", "voice", "face"
    Column("found", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_look_up_person", "person_id", "at"),
)
