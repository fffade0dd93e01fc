"""How an entry of the books is written down for a hash, and how blocks of entries are chained.

A line is a JSON array without spaces: entry id, kind, key, project, happened_at, recorded_at, the
entry it corrects, its postings `[account, currency, micros]` in the order of account and currency,
and what was earned (null for an entry that is nobody's earning). A block's SHA-256 is over the
block before it (hex), a line feed, and its lines, each with a line feed: who changes, drops, adds
or moves one posting changes every hash from there on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from fairhand.pay.ledger.rules import Posting

GENESIS: Final = "0" * 64
"""What stands before the first block."""


@dataclass(frozen=True, slots=True)
class EarnedPart:
    """What an entry says that a person earned; times and amounts as in the accrual."""

    person_id: int
    project_id: int
    activity: str
    basis: str
    started_at: int
    ended_at: int
    paid_ms: int
    rate_micros_per_hour: int
    currency: str
    amount_micros: int
    quantity: int | None
    unit_micros: int | None

    def cells(self) -> list[object]:
        """The values in the order in which they are written."""
        return [
            self.person_id,
            self.project_id,
            self.activity,
            self.basis,
            self.started_at,
            self.ended_at,
            self.paid_ms,
            self.rate_micros_per_hour,
            self.currency,
            self.amount_micros,
            self.quantity,
            self.unit_micros,
        ]


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One entry of the books with everything in it."""

    id: int
    kind: str
    idem_key: str
    project_id: int | None
    happened_at: int
    recorded_at: int
    corrects_id: int | None
    postings: tuple[Posting, ...]
    earned: EarnedPart | None


def line(entry: BookEntry) -> bytes:
    """Write an entry down for the seal."""
    return orjson.dumps(
        [
            entry.id,
            entry.kind,
            entry.idem_key,
            entry.project_id,
            entry.happened_at,
            entry.recorded_at,
            entry.corrects_id,
            _lines(entry.postings),
            entry.earned.cells() if entry.earned else None,
        ],
        option=orjson.OPT_APPEND_NEWLINE,
    )


def block_sha256(previous: str, entries: Iterable[BookEntry]) -> str:
    """Chain a block of entries, in their order, to the block before it."""
    digest = hashlib.sha256(f"{previous}\n".encode())
    for entry in entries:
        digest.update(line(entry))
    return digest.hexdigest()


def ledger_sha256(entries: Iterable[BookEntry]) -> str:
    """Name what the whole books say, whatever order it was written in: entries by their key.

    Ids and times of recording are left out, so that a ledger in which every call was repeated has
    the same name as one in which none was.
    """
    lines = sorted(_said(entry) for entry in entries)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def _said(entry: BookEntry) -> bytes:
    return orjson.dumps(
        [
            entry.idem_key,
            entry.kind,
            entry.project_id,
            entry.happened_at,
            _lines(entry.postings),
            entry.earned.cells() if entry.earned else None,
        ],
        option=orjson.OPT_APPEND_NEWLINE,
    )


def _lines(postings: Iterable[Posting]) -> list[tuple[str, str, int]]:
    return sorted((one.account, one.currency, one.amount_micros) for one in postings)
