"""Read entries of the books with everything in them, page by page: memory does not grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, select

from fairhand.pay.books.rules import BookEntry, EarnedPart
from fairhand.pay.ledger.rules import Posting
from fairhand.storage.tables.pay import account, accrual, entry, posting
from fairhand.storage.tables.pay_office import ledger_sealed

PAGE: Final = 5_000

_ENTRY = (
    entry.c.id,
    entry.c.kind,
    entry.c.idem_key,
    entry.c.project_id,
    entry.c.happened_at,
    entry.c.recorded_at,
    entry.c.corrects_id,
)
_NEXT = (
    select(*_ENTRY)
    .where(entry.c.id > bindparam("p_after"), entry.c.id <= bindparam("p_until"))
    .order_by(entry.c.id)
    .limit(bindparam("p_most"))
)
_OF_BLOCK = (
    select(*_ENTRY)
    .join(ledger_sealed, ledger_sealed.c.entry_id == entry.c.id)
    .where(ledger_sealed.c.block_id == bindparam("p_block_id"))
    .order_by(ledger_sealed.c.place)
)
_POSTINGS = (
    select(posting.c.entry_id, account.c.key, posting.c.currency, posting.c.amount_micros)
    .join(account, account.c.id == posting.c.account_id)
    .where(posting.c.entry_id.between(bindparam("p_first"), bindparam("p_last")))
)
_EARNED = select(
    accrual.c.entry_id,
    accrual.c.person_id,
    accrual.c.project_id,
    accrual.c.activity,
    accrual.c.basis,
    accrual.c.started_at,
    accrual.c.ended_at,
    accrual.c.paid_ms,
    accrual.c.rate_micros_per_hour,
    accrual.c.currency,
    accrual.c.amount_micros,
    accrual.c.quantity,
    accrual.c.unit_micros,
).where(accrual.c.entry_id.between(bindparam("p_first"), bindparam("p_last")))


def entries_after(
    connection: Connection, after: int, until: int, most: int = PAGE
) -> list[BookEntry]:
    """Load up to `most` entries with ids above `after` and not above `until`, in their order."""
    params = {"p_after": after, "p_until": until, "p_most": most}
    return _filled(connection, _NEXT, params)


def entries_of_block(connection: Connection, block_id: int) -> list[BookEntry]:
    """Load the entries of a sealed block in the order in which they were sealed."""
    return _filled(connection, _OF_BLOCK, {"p_block_id": block_id})


def all_entries(connection: Connection, until: int | None = None) -> Iterator[BookEntry]:
    """Walk through all entries up to an id (all there are when left out), page by page."""
    after, last = 0, 2**62 if until is None else until
    while page := entries_after(connection, after, last):
        yield from page
        after = page[-1].id


def _filled(
    connection: Connection, chosen: Select[Any], params: Mapping[str, int]
) -> list[BookEntry]:
    rows = _rows(connection, chosen, params)
    if not rows:
        return []
    ids = [row[0] for row in rows]
    span = {"p_first": min(ids), "p_last": max(ids)}
    lines = _postings(connection, span)
    earned: dict[int, EarnedPart] = {
        row[0]: EarnedPart(*row[1:]) for row in _rows(connection, _EARNED, span)
    }
    return [
        BookEntry(*(*row, tuple(lines[row[0]]), earned.get(row[0])))  # in the order of its fields
        for row in rows
    ]


def _postings(connection: Connection, span: Mapping[str, int]) -> dict[int, list[Posting]]:
    lines: dict[int, list[Posting]] = defaultdict(list)
    for entry_id, key, currency, amount in _rows(connection, _POSTINGS, span):
        lines[entry_id].append(Posting(key, currency, amount))
    return lines


def _rows(
    connection: Connection, chosen: Select[Any], params: Mapping[str, int]
) -> Sequence[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(chosen, params)]
