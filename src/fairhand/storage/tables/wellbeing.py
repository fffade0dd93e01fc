"""Tables of wellbeing: what a person has seen, wants to see, and how they are. Theirs alone.

`exposure` itself and `person.max_tier`, which the queue's claim reads, are with the people wing.
"""

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
    true,
)

from fairhand.storage.tables.base import Key, metadata

# Policy, not law: an owner and a date stand on it, and the council signs it. 0: the workspace's,
# which holds for every project; a project's own can only be stricter.
exposure_policy = Table(
    "exposure_policy",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False),
    Column("terms", Text, nullable=False),  # JSON: weights, limits, rotation, breaks, aftercare
    Column("author_id", Key, ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("proposal_id", Key),  # what the council signed
    UniqueConstraint("project_id", "version"),
)

# A person's own limits, in thousandths of a severity-minute; null: the cap. What is lower holds at
# once, what is higher after a day: `next_*` wait until `next_at`.
exposure_limit = Table(
    "exposure_limit",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("hour", BigInteger),
    Column("day", BigInteger),
    Column("chronic", BigInteger),
    Column("next_hour", BigInteger),
    Column("next_day", BigInteger),
    Column("next_chronic", BigInteger),
    Column("next_at", BigInteger),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("hour IS NULL OR hour >= 0", name="hour"),
    CheckConstraint("day IS NULL OR day >= 0", name="day"),
    CheckConstraint("chronic IS NULL OR chronic >= 0", name="chronic"),
)

# "I agree to be shown content of this severity", after being told what that is.
tier_consent = Table(
    "tier_consent",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("tier", Integer, nullable=False),
    Column("disclosure", Text, nullable=False),  # the words that were read
    Column("disclosure_sha256", String(64), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("agreed_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    CheckConstraint("tier BETWEEN 1 AND 3", name="tier"),
    Index("ix_tier_consent_person", "person_id", "tier"),
)

# How hard content is shown at first, and whether breaks are offered: tastes, never a discount.
view_choice = Table(
    "view_choice",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("style", String(10), nullable=False, server_default="hidden"),
    Column("offers_breaks", Boolean, nullable=False, server_default=true()),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("style IN ('hidden', 'drawing', 'grey', 'blur', 'plain')", name="style"),
)

# Time at a limit: safe work at the same rate, or none and paid all the same. What reaches managers
# is sums over people; the rows are the person's own.
shelter = Table(
    "shelter",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),  # where the limit was met
    Column("kind", String(12), nullable=False),
    Column("safe_project_id", Key, ForeignKey("project.id")),
    Column("rate_micros_per_hour", BigInteger, nullable=False),  # what is paid meanwhile
    Column("currency", String(3), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    CheckConstraint("kind IN ('safe_work', 'stand_down', 'recovery')", name="kind"),
    Index("ix_shelter_person", "person_id", "started_at"),
)

# What a person writes about how they are, sealed in their browser with a key that only they have.
check_in_key = Table(
    "check_in_key",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("wrapped", Text, nullable=False),  # JSON: salt, rounds, nonce, the key sealed by words
    Column("created_at", BigInteger, nullable=False),
)
check_in = Table(
    "check_in",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("client_key", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # AES-GCM: nonce, text, tag
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("person_id", "client_key"),
    Index("ix_check_in_person", "person_id", "at"),
)

# Money laid aside for care afterwards, one line for each stretch of exposure; never paid as wages.
aftercare = Table(
    "aftercare",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("exposure_id", Key, ForeignKey("exposure.id")),  # null: money that was used
    Column("micros", BigInteger, nullable=False),  # above 0: laid aside; below: used
    Column("currency", String(3), nullable=False),
    Column("at", BigInteger, nullable=False),
    # The ledger's entry, which is a sum over people or over a month; null: not in the books yet.
    Column("entry_id", Key, ForeignKey("entry.id")),
    UniqueConstraint("exposure_id"),
    Index("ix_aftercare_person", "person_id", "at"),
)
