"""SQL of a statement's evidence: its text, whose it is, and the accruals that it settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, case, select

from fairhand.core.clock import Instant
from fairhand.pay.evidence.entries import Entry
from fairhand.pay.evidence.reading import TOP_UP
from fairhand.storage.tables.pay import accrual, pay_period, period_entry, statement

_STATEMENTS = select(
    statement.c.id,
    statement.c.person_id,
    statement.c.period_id,
    pay_period.c.ends_at,
    statement.c.currency,
    statement.c.body,
    statement.c.sha256,
    statement.c.created_at,
).join_from(statement, pay_period, pay_period.c.id == statement.c.period_id)
_ONE = _STATEMENTS.where(statement.c.id == bindparam("p_statement_id"))
_BEFORE = (
    _STATEMENTS.where(
        statement.c.person_id == bindparam("p_person_id"),
        statement.c.currency == bindparam("p_currency"),
        statement.c.id <= bindparam("p_statement_id"),
    )
    .order_by(statement.c.id)
)  # fmt: skip
_OF_ANNOTATION = (
    _STATEMENTS.join(period_entry, period_entry.c.period_id == statement.c.period_id)
    .join(accrual, accrual.c.entry_id == period_entry.c.entry_id)
    .where(
        accrual.c.annotation_id == bindparam("p_annotation_id"),
        accrual.c.person_id == statement.c.person_id,
        accrual.c.currency == statement.c.currency,
    )
    .order_by(statement.c.id)
    .limit(1)
)
_FIGURES = (
    select(
        statement.c.id,
        statement.c.sha256,
        statement.c.body,
        statement.c.currency,
        statement.c.paid_ms,
        statement.c.accrued_micros,
        statement.c.top_up_micros,
        statement.c.carry_micros,
    )
    .where(statement.c.id > bindparam("p_after"))
    .order_by(statement.c.id)
    .limit(500)
)
_ENTRIES = (
    select(
        accrual.c.entry_id,
        accrual.c.project_id,
        accrual.c.activity,
        # Top-ups of the first statements carry no basis of their own.
        case((accrual.c.activity == TOP_UP, TOP_UP), else_=accrual.c.basis).label("basis"),
        accrual.c.started_at,
        accrual.c.ended_at,
        accrual.c.paid_ms,
        accrual.c.rate_micros_per_hour,
        accrual.c.quantity,
        accrual.c.unit_micros,
        accrual.c.amount_micros,
        period_entry.c.floor_minor_per_hour,
    )
    .join_from(period_entry, accrual, accrual.c.entry_id == period_entry.c.entry_id)
    .where(
        # The sum keeps the database from reading the whole period: one person's part is far less.
        period_entry.c.period_id + 0 == bindparam("p_period_id"),
        accrual.c.person_id == bindparam("p_person_id"),
        accrual.c.currency == bindparam("p_currency"),
    )
    .order_by(accrual.c.entry_id)
)


@dataclass(frozen=True, slots=True)
class StatementText:
    """A statement as it was written, and where it belongs."""

    id: int
    person_id: int
    period_id: int
    ends_at: Instant
    currency: str
    body: str
    sha256: str
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Figures:
    """What is kept beside a statement's text to be summed."""

    id: int
    sha256: str
    body: str
    currency: str
    paid_ms: int
    accrued_micros: int
    top_up_micros: int
    carry_micros: int


def iter_figures(connection: Connection) -> Iterator[Figures]:
    """Give the figures that are kept beside every statement, and its text, in their order."""
    after = 0
    while rows := connection.execute(_FIGURES, {"p_after": after}).all():
        after = rows[-1].id
        yield from (Figures(*row) for row in rows)


def load_statement_text(connection: Connection, statement_id: int) -> StatementText | None:
    """Load one statement; the door checks whose it is."""
    row = connection.execute(_ONE, {"p_statement_id": statement_id}).first()
    return None if row is None else StatementText(*row)


def load_until(connection: Connection, last: StatementText) -> list[StatementText]:
    """Load a person's statements in one currency, up to and with this one, oldest first."""
    params = {
        "p_person_id": last.person_id,
        "p_currency": last.currency,
        "p_statement_id": last.id,
    }
    return [StatementText(*row) for row in connection.execute(_BEFORE, params)]


def load_entries(connection: Connection, of: StatementText) -> list[Entry]:
    """Load what a statement settled, in the order of the ledger; lines are not assigned yet."""
    params = {
        "p_period_id": of.period_id,
        "p_person_id": of.person_id,
        "p_currency": of.currency,
    }
    return [Entry(line=0, **row) for row in connection.execute(_ENTRIES, params).mappings()]


def statement_of(connection: Connection, annotation_id: int) -> StatementText | None:
    """Load the statement that settled what was paid for an annotation; None before that."""
    row = connection.execute(_OF_ANNOTATION, {"p_annotation_id": annotation_id}).first()
    return None if row is None else StatementText(*row)
