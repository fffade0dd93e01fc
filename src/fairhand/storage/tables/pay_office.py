"""Tables around the ledger: policies, estimates, disputes, payouts, royalties, seals of the books.

Amounts are micros (millionths of a minor unit) unless a name ends in `_minor`. Rows that say what
was agreed, decided or sent are never edited: a newer row follows them.
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
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    false,
)

from fairhand.storage.tables.base import Key, metadata
from fairhand.storage.tables.pay import guard_append_only

pay_policy = Table(
    "pay_policy",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("project_id", ForeignKey("project.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("basis", String(12), nullable=False),
    # The guarantee: with basis "time" it is the pay itself.
    Column("rate_micros_per_hour", BigInteger, nullable=False),
    Column("unit_micros", BigInteger),
    Column("hazard_micros_per_hour", BigInteger, nullable=False, server_default="0"),
    Column("data_micros_per_hour", BigInteger, nullable=False, server_default="0"),
    Column("min_block_ms", BigInteger, nullable=False, server_default="0"),
    Column("wait_block_ms", BigInteger, nullable=False, server_default="900000"),
    Column("cancel_permille", Integer, nullable=False, server_default="500"),
    Column("reprices_itself", Boolean, nullable=False, server_default=false()),
    Column("valid_from", BigInteger, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("created_by", ForeignKey("person.id")),  # null: repriced upward by itself
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("project_id", "version"),
    CheckConstraint("basis IN ('time', 'piece', 'audio')", name="basis"),
    CheckConstraint("basis = 'time' OR unit_micros IS NOT NULL", name="unit"),
    CheckConstraint("rate_micros_per_hour >= 0", name="rate"),
)
"""What a project pays, by version; the one in force is the newest whose `valid_from` has come."""

booking = Table(
    "booking",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("project_id", ForeignKey("project.id"), nullable=False, index=True),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("made_by", ForeignKey("person.id"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("ended_by", ForeignKey("person.id")),
    Column("state_at", BigInteger, nullable=False),
    CheckConstraint("ends_at > starts_at", name="forward"),
    CheckConstraint(
        "state IN ('offered', 'accepted', 'declined', 'cancelled', 'done')", name="state"
    ),
    Index("ix_booking_person_id_starts_at", "person_id", "starts_at"),
)
"""Hours that were promised to a person: called off late, they are paid in part."""

idle_cap_fit = Table(
    "idle_cap_fit",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("project_id", ForeignKey("project.id"), nullable=False, index=True),
    Column("cap_ms", Integer, nullable=False),
    Column("gaps", Integer, nullable=False),
    Column("median_ms", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""How long a quiet stretch may be in a project before it is cut, as learned from its own gaps."""

time_estimate = Table(
    "time_estimate",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("project_id", ForeignKey("project.id"), nullable=False, index=True),
    Column("p50_ms", BigInteger, nullable=False),
    Column("p90_ms", BigInteger, nullable=False),
    Column("items", Integer, nullable=False),
    Column("basis", String(10), nullable=False),
    Column("last_entry_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("scored", Integer, nullable=False, server_default="0"),
    Column("within_p90", Integer, nullable=False, server_default="0"),
    Column("within_p50", Integer, nullable=False, server_default="0"),
    CheckConstraint("p50_ms <= p90_ms", name="order"),
    CheckConstraint("basis IN ('kind', 'measured')", name="basis"),
)
"""What people were told a task takes, and how often that came true afterwards."""

pay_dispute = Table(
    "pay_dispute",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("project_id", ForeignKey("project.id"), nullable=False),
    Column("statement_id", ForeignKey("statement.id")),
    Column("line", Integer),
    Column("kind", String(10), nullable=False),
    Column("activity", String(16), nullable=False),
    Column("claimed_ms", BigInteger),
    Column("claimed_micros", BigInteger),
    Column("currency", String(3), nullable=False),
    Column("message", Text, nullable=False),
    Column("client_key", String(64), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("answer_by", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("granted_ms", BigInteger),
    Column("granted_micros", BigInteger),
    Column("decided_by", ForeignKey("person.id")),  # null and upheld: nobody answered in time
    Column("decided_at", BigInteger),
    Column("reason", Text, nullable=False, server_default=""),
    Column("entry_id", ForeignKey("entry.id"), index=True),
    UniqueConstraint("person_id", "client_key"),
    CheckConstraint("kind IN ('time', 'money')", name="kind"),
    CheckConstraint("state IN ('open', 'upheld', 'partly', 'declined', 'withdrawn')", name="state"),
    Index("ix_pay_dispute_state", "state", "answer_by"),
)
"""What a person contests about their pay, and the human answer to it."""

fx_rate = Table(
    "fx_rate",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("base", String(3), nullable=False),
    Column("quote", String(3), nullable=False),
    Column("rate", String(32), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("source_title", Text, nullable=False),
    Column("source_url", Text, nullable=False, server_default=""),
    Column("entered_by", ForeignKey("person.id")),
    Column("recorded_at", BigInteger, nullable=False),
    Index("ix_fx_rate_pair", "base", "quote", "as_of"),
)
"""Imported exchange rates: one unit of `base` is `rate` units of `quote`."""

floor_ratchet = Table(
    "floor_ratchet",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("project_id", ForeignKey("project.id"), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("minor_per_hour", BigInteger, nullable=False),
    Column("floor_row", String(80), nullable=False),
    Column("since", BigInteger, nullable=False),
)
"""The highest floor a person has had in a project: it never falls while they take part."""

pay_note = Table(
    "pay_note",
    metadata,
    Column("entry_id", ForeignKey("entry.id"), primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("made_by", ForeignKey("person.id")),
)
"""Why an entry that a person made by hand is there."""

payout_method = Table(
    "payout_method",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("rail", String(10), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("details", Text, nullable=False),  # JSON, as its rail needs it
    Column("minimum_minor", BigInteger, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("superseded_at", BigInteger),
    CheckConstraint("rail IN ('sepa', 'mobile', 'batch', 'cash')", name="rail"),
)
"""Where a person wants their money; the newest that is not superseded holds, per currency."""

payout_batch = Table(
    "payout_batch",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("rail", String(10), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("message_id", String(35), nullable=False, unique=True),
    Column("payouts", Integer, nullable=False),
    Column("control_minor", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("file_name", String(120), nullable=False),
    Column("file_body", Text, nullable=False),
    Column("file_sha256", String(64), nullable=False),
    Column("made_by", ForeignKey("person.id")),
    Column("made_at", BigInteger, nullable=False),
    Column("client_key", String(64), nullable=False, unique=True),
    Column("sent_at", BigInteger),
    CheckConstraint("state IN ('made', 'sent', 'done', 'cancelled')", name="state"),
)

payout = Table(
    "payout",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("batch_id", ForeignKey("payout_batch.id"), nullable=False, index=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("method_id", ForeignKey("payout_method.id"), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("end_to_end_id", String(35), nullable=False, unique=True),
    Column("state", String(10), nullable=False),
    Column("state_at", BigInteger, nullable=False),
    Column("reference", String(140), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint(
        "state IN ('pending', 'sent', 'confirmed', 'returned', 'cancelled')", name="state"
    ),
)
"""One payment to one person; its id at the bank is never used for another."""

payout_event = Table(
    "payout_event",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("payout_id", ForeignKey("payout.id"), nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by_person", ForeignKey("person.id")),
    Column("evidence", Text, nullable=False, server_default=""),
    Column("entry_id", ForeignKey("entry.id")),
)

bank_line = Table(
    "bank_line",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("source", String(200), nullable=False),
    Column("reference", String(140), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("booked_on", String(10), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("payout_id", ForeignKey("payout.id"), index=True),
    Column("read_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('paid', 'returned', 'other')", name="kind"),
)
"""Lines of bank statements that were read in, and the payout each was found to be."""

ledger_block = Table(
    "ledger_block",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("entries", Integer, nullable=False),
    Column("first_entry_id", BigInteger, nullable=False),
    Column("last_entry_id", BigInteger, nullable=False),
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""A sealed stretch of the books: its hash covers its entries and the block before it."""

ledger_sealed = Table(
    "ledger_sealed",
    metadata,
    Column("entry_id", ForeignKey("entry.id"), primary_key=True, autoincrement=False),
    Column("block_id", ForeignKey("ledger_block.id"), nullable=False, index=True),
    Column("place", Integer, nullable=False),
)

royalty_terms = Table(
    "royalty_terms",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("project_id", ForeignKey("project.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("share_permille", Integer, nullable=False),
    Column("training_run_minor", BigInteger, nullable=False, server_default="0"),
    Column("voice_minute_minor", BigInteger, nullable=False, server_default="0"),
    Column("yearly_floor_minor", BigInteger, nullable=False, server_default="0"),
    Column("split", Text, nullable=False),  # JSON: parts of a thousand by key
    Column("valid_from", BigInteger, nullable=False),
    Column("created_by", ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("project_id", "version"),
    CheckConstraint("share_permille BETWEEN 0 AND 1000", name="share"),
)

usage_event = Table(
    "usage_event",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("idem_key", String(160), nullable=False, unique=True),
    Column("project_id", ForeignKey("project.id"), nullable=False, index=True),
    Column("release_id", Key),
    Column("terms_id", ForeignKey("royalty_terms.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("licensee", String(200), nullable=False),
    Column("quantity", BigInteger, nullable=False, server_default="1"),
    Column("revenue_minor", BigInteger, nullable=False, server_default="0"),
    Column("currency", String(3), nullable=False),
    Column("pool_micros", BigInteger, nullable=False),
    Column("held_micros", BigInteger, nullable=False, server_default="0"),
    Column("happened_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("recorded_by", ForeignKey("person.id")),
    Column("note", Text, nullable=False, server_default=""),
    CheckConstraint("kind IN ('licence', 'training_run', 'voice_minutes')", name="kind"),
)
"""A release was used or licensed: the reason for royalties, and the pool that came of it."""

royalty_share = Table(
    "royalty_share",
    metadata,
    Column("usage_id", ForeignKey("usage_event.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("amount_micros", BigInteger, nullable=False),
    Column("why", Text, nullable=False),  # JSON: what each key of the split gave
    Column("entry_id", ForeignKey("entry.id")),
    Index("ix_royalty_share_person_id", "person_id"),
)

forecast_made = Table(
    "forecast_made",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("project_id", ForeignKey("project.id"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
"""What a project was expected to cost, as it was said at the time."""

APPEND_ONLY = (
    pay_policy,
    idle_cap_fit,
    fx_rate,
    pay_note,
    payout_event,
    ledger_block,
    ledger_sealed,
    royalty_terms,
    usage_event,
    royalty_share,
    forecast_made,
)

for _table in APPEND_ONLY:
    event.listen(_table, "after_create", guard_append_only)
