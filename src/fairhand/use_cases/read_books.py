"""What auditors read: the whole books, for their own tools or on one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue, NotFoundError
from fairhand.pay.books import export_store, store
from fairhand.pay.books.balance_store import Balance, load_balances
from fairhand.pay.books.floor_proof import FloorProof, prove
from fairhand.pay.books.floor_store import load_floored_pay
from fairhand.pay.books.score import Scored
from fairhand.pay.books.score_store import score_points
from fairhand.pay.books.store import Block, ChainState
from fairhand.pay.overview.store import PeriodRow, list_periods
from fairhand.pay.statement.store import load_period
from fairhand.storage.database import Database
from fairhand.use_cases.read_audit import audit_books

_BLOCKS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Books:
    """The books at one instant: balances, how far they are sealed, and the closed periods."""

    at: Instant
    entries: int
    balances: tuple[Balance, ...]
    chain: ChainState
    blocks: tuple[Block, ...]
    periods: tuple[PeriodRow, ...]


def read_books(db: Database, now: Instant) -> Books:
    """Load the page of the books."""
    with db.read() as connection:
        return Books(
            at=now,
            entries=export_store.count_entries(connection),
            balances=tuple(load_balances(connection)),
            chain=store.chain_state(connection),
            blocks=tuple(store.list_blocks(connection, _BLOCKS_SHOWN)),
            periods=tuple(one for one in list_periods(connection) if one.closed_at is not None),
        )


def export_books(db: Database, title: str, now: Instant) -> Iterator[str]:
    """Write the books as Beancount, line by line, from one snapshot."""
    with db.read() as connection:
        yield from export_store.beancount_lines(connection, title, now)


def check_books(db: Database) -> list[Issue]:
    """Check the ledger's invariants and its seals; nothing found is all right."""
    with db.read() as connection:
        return list(audit_books(connection))


def prove_floors(db: Database, period_id: int) -> FloorProof:
    """Prove that nobody in a period was below the floor; raises NotFoundError."""
    with db.read() as connection:
        if load_period(connection, period_id) is None:
            raise NotFoundError(f"There is no pay period {period_id}.")
        return prove(period_id, load_floored_pay(connection, period_id))


def score_ourselves(db: Database, now: Instant) -> list[Scored]:
    """Answer the points of pay from Fairwork, the Partnership on AI and ILO C193."""
    with db.read() as connection:
        return score_points(connection, now)
