"""Tables of the pay wing: time events, the ledger, accruals, escrow, periods, wage floors.

Amounts are micros (millionths of a minor unit). A posting is positive where the account comes to
hold more (escrow, payable) and negative where money is drawn from (the owner, the guarantee).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from fairhand.storage.tables.base import Key, metadata

time_event = Table(
    "time_event",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("project_id", ForeignKey("project.id"), nullable=False),
    Column("task_id", ForeignKey("task.id")),
    Column("kind", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("idle_cap_ms", Integer, nullable=False),
    # What the person says they worked; it pays for time that the cap had cut off, never for more.
    Column("worked_ms", BigInteger),
    Column("activity", String(16)),
    CheckConstraint("idle_cap_ms >= 120000", name="idle_cap"),
    Index("ix_time_event_person_id_id", "person_id", "id"),
)
"""What the server heard, in the order it heard it: append-only, the only truth about time.

The cap in force is kept with each event so that a replay gives the same milliseconds.
"""

person_clock = Table(
    "person_clock",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("project_id", ForeignKey("project.id"), nullable=False),
    Column("activity", String(16), nullable=False),
    Column("running", Boolean, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("pending_ms", BigInteger, nullable=False),
    Column("pending_since", BigInteger, nullable=False),
    # Time that caps have cut off and nobody has claimed; how long the present wait or break is.
    Column("cut_ms", BigInteger, nullable=False, server_default="0"),
    Column("stretch_ms", BigInteger, nullable=False, server_default="0"),
    # No new task before then: rest is due.
    Column("rest_until", BigInteger),
    CheckConstraint("pending_ms >= 0", name="pending_not_negative"),
)
"""Where each person's stream stands: a cache of `time_event`, checked by `check_clock`."""

Index(
    "ix_person_clock_pending",
    person_clock.c.last_at,
    sqlite_where=person_clock.c.pending_ms > 0,
    postgresql_where=person_clock.c.pending_ms > 0,
)

account = Table(
    "account",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("key", String(80), nullable=False),
    Column("currency", String(3), nullable=False),
    UniqueConstraint("key", "currency"),
)

entry = Table(
    "entry",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("idem_key", String(160), nullable=False, unique=True),
    Column("project_id", ForeignKey("project.id"), index=True),  # null: of the whole workspace
    Column("happened_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("corrects_id", ForeignKey("entry.id")),
)

posting = Table(
    "posting",
    metadata,
    Column("entry_id", ForeignKey("entry.id"), primary_key=True),
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("currency", String(3), nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    CheckConstraint("amount_micros <> 0", name="says_something"),
    Index("ix_posting_account_id", "account_id"),
)

accrual = Table(
    "accrual",
    metadata,
    Column("entry_id", ForeignKey("entry.id"), primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("project_id", ForeignKey("project.id"), nullable=False),
    Column("activity", String(16), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("paid_ms", BigInteger, nullable=False),
    Column("rate_micros_per_hour", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("annotation_id", ForeignKey("annotation.id"), index=True),
    # What the amount is for: time, pieces, minutes of audio, a premium, an expense, a royalty...
    Column("basis", String(12), nullable=False, server_default="time"),
    Column("quantity", BigInteger),
    Column("unit_micros", BigInteger),
    CheckConstraint("paid_ms >= 0 AND amount_micros >= 0", name="not_negative"),
    CheckConstraint("ended_at >= started_at", name="forward"),
    Index("ix_accrual_person_id_ended_at", "person_id", "ended_at"),
    Index("ix_accrual_project_id_person_id", "project_id", "person_id"),
)
"""Money earned: one per submitted annotation, paid stretch of time, or top-up."""

escrow = Table(
    "escrow",
    metadata,
    Column("project_id", ForeignKey("project.id"), primary_key=True, autoincrement=False),
    Column("currency", String(3), nullable=False),
    Column("left_micros", BigInteger, nullable=False),
    CheckConstraint("left_micros >= 0", name="never_overdrawn"),
)
"""What is left of a project's escrow: a cache of its postings, so that a draw is one update."""

pay_period = Table(
    "pay_period",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, unique=True),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    CheckConstraint("ends_at > starts_at", name="forward"),
)

period_entry = Table(
    "period_entry",
    metadata,
    Column("entry_id", ForeignKey("accrual.entry_id"), primary_key=True, autoincrement=False),
    Column("period_id", ForeignKey("pay_period.id"), nullable=False, index=True),
    Column("floor_minor_per_hour", BigInteger),
)
"""Which period an accrual was settled in, and under which floor (none known: null).

An accrual without a row is still to be settled.
"""

statement = Table(
    "statement",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("period_id", ForeignKey("pay_period.id"), nullable=False, index=True),
    Column("currency", String(3), nullable=False),
    Column("paid_ms", BigInteger, nullable=False),
    Column("accrued_micros", BigInteger, nullable=False),
    Column("top_up_micros", BigInteger, nullable=False),
    Column("floor_due_micros", BigInteger),
    Column("carry_micros", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("person_id", "period_id", "currency"),
)

wage_floor = Table(
    "wage_floor",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("id", String(80), nullable=False),
    Column("country", String(2), nullable=False, index=True),
    Column("region", String(10), nullable=False),
    Column("area", String(8), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("household", String(12), nullable=False),
    Column("basis", String(8), nullable=False),
    Column("amount", String(32), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("period", String(8), nullable=False),
    Column("hours_per_week", String(16), nullable=False),
    Column("payments_per_year", String(16), nullable=False),
    Column("valid_from", String(10), nullable=False),
    Column("valid_to", String(10), nullable=False),
    Column("published_on", String(10), nullable=False),
    Column("source_title", Text, nullable=False),
    Column("source_url", Text, nullable=False),
    Column("source_class", String(1), nullable=False),
    Column("licence", String(80), nullable=False),
    Column("may_redistribute", Boolean, nullable=False),
    Column("entered_by", String(120), nullable=False),
    Column("approved_by", String(120), nullable=False),
    Column("approved_on", String(10), nullable=False),
    Column("evidence_sha256", String(64), nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("superseded_at", BigInteger),
)
"""Wage rows as text in the words of wagefloor/v1; a changed row supersedes, never overwrites."""

Index(
    "uq_wage_floor_id_current",
    wage_floor.c.id,
    unique=True,
    sqlite_where=wage_floor.c.superseded_at.is_(None),
    postgresql_where=wage_floor.c.superseded_at.is_(None),
)

APPEND_ONLY = (time_event, entry, posting, accrual, period_entry, statement)

_PG_REFUSE = """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'rows here are never edited or deleted'; END $$ LANGUAGE plpgsql"""


def append_only_ddl(dialect: str, table: str) -> tuple[str, ...]:
    """Give the statements that make a table refuse UPDATE and DELETE (for the migration too)."""
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'rows here are never edited or deleted'); END"
            for verb in ("UPDATE", "DELETE")
        )
    return (
        _PG_REFUSE,
        f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    )


def guard_append_only(target: Table, connection: Connection, **_: object) -> None:
    """Make a table refuse UPDATE and DELETE as soon as it is created."""
    for text in append_only_ddl(connection.dialect.name, target.name):
        connection.exec_driver_sql(text)


for _table in APPEND_ONLY:
    event.listen(_table, "after_create", guard_append_only)
