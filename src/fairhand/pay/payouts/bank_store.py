"""SQL of bank lines: each is kept once, with the payout that it was found to be."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from fairhand.core.clock import Instant
from fairhand.pay.payouts.answers import BankLine
from fairhand.storage.tables.pay_office import bank_line


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line of a bank's answer as kept; `amount_minor` in minor units."""

    id: int
    source: str
    reference: str
    amount_minor: int
    currency: str
    booked_on: str
    kind: str
    reason: str
    payout_id: int | None
    read_at: Instant


_COLUMNS = [bank_line.c[name] for name in KeptLine.__slots__]


def known_lines(connection: Connection, fingerprints: list[str]) -> set[str]:
    """Say which lines were read before."""
    known: set[str] = set()
    for start in range(0, len(fingerprints), 400):
        chunk = fingerprints[start : start + 400]
        chosen = select(bank_line.c.fingerprint).where(bank_line.c.fingerprint.in_(chunk))
        known |= set(connection.execute(chosen).scalars())
    return known


def add_line(
    connection: Connection,
    line: BankLine,
    source: str,
    payout_id: int | None,
    reason: str,
    now: Instant,
) -> None:
    """Keep a line; `reason` says why it came back, or why it was not matched."""
    connection.execute(
        bank_line.insert(),
        {
            "fingerprint": line.fingerprint,
            "source": source[:200],
            "reference": line.reference,
            "amount_minor": line.amount_minor,
            "currency": line.currency or "???",
            "booked_on": line.booked_on,
            "kind": line.kind,
            "reason": reason,
            "payout_id": payout_id,
            "read_at": now,
        },
    )


def list_lines(connection: Connection, *, matched: bool, most: int = 200) -> list[KeptLine]:
    """List lines that were matched, or those that were not, newest first."""
    is_wanted = bank_line.c.payout_id.is_not(None) if matched else bank_line.c.payout_id.is_(None)
    chosen = select(*_COLUMNS).where(is_wanted).order_by(bank_line.c.id.desc()).limit(most)
    return [KeptLine(*row) for row in connection.execute(chosen)]
