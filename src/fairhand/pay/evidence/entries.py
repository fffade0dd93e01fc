"""The entries behind a statement as they travel in a bundle: strict both ways, nothing left over.

Amounts in micros are decimal strings, because a browser's numbers end at 2^53; instants are ISO
8601 in UTC. What is read back is written again in exactly the same form, or it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.money import exponent

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,24})", re.ASCII)
_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]{0,20})(?:\.([0-9]{1,20}))?", re.ASCII)
_WORD = re.compile(r"[a-z][a-z_]{0,31}", re.ASCII)
_LARGEST: Final = 2**53 - 1
_SPARE_DIGITS: Final = 6


class EvidenceError(ValueError):
    """A part of a statement or a bundle is not in the form that it must have."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One accrual of a statement, and the statement's line (1, 2, …) that it is counted in.

    `floor_minor_per_hour` is the floor it was settled under; None when none was known.
    """

    entry_id: int
    line: int
    project_id: int
    activity: str
    basis: str
    started_at: Instant
    ended_at: Instant
    paid_ms: int
    rate_micros_per_hour: int
    quantity: int | None
    unit_micros: int | None
    amount_micros: int
    floor_minor_per_hour: int | None

    def as_json(self) -> dict[str, Any]:
        """Write the entry as it stands in a bundle."""
        return {
            "activity": self.activity,
            "amount_micros": str(self.amount_micros),
            "basis": self.basis,
            "ended_at": iso(self.ended_at),
            "entry_id": self.entry_id,
            "floor_minor_per_hour": _text(self.floor_minor_per_hour),
            "line": self.line,
            "paid_ms": self.paid_ms,
            "project_id": self.project_id,
            "quantity": self.quantity,
            "rate_micros_per_hour": str(self.rate_micros_per_hour),
            "started_at": iso(self.started_at),
            "unit_micros": _text(self.unit_micros),
        }


def read_entry(data: Mapping[str, Any]) -> Entry:
    """Read an entry of a bundle; EvidenceError unless it is written exactly as `as_json` does."""
    try:
        entry = Entry(
            entry_id=_count(data["entry_id"]),
            line=_count(data["line"]),
            project_id=_count(data["project_id"]),
            activity=_word(data["activity"]),
            basis=_word(data["basis"]),
            started_at=parse_iso(data["started_at"]),
            ended_at=parse_iso(data["ended_at"]),
            paid_ms=_count(data["paid_ms"]),
            rate_micros_per_hour=_whole(data["rate_micros_per_hour"]),
            quantity=None if data["quantity"] is None else _count(data["quantity"]),
            unit_micros=_maybe_whole(data["unit_micros"]),
            amount_micros=_whole(data["amount_micros"]),
            floor_minor_per_hour=_maybe_whole(data["floor_minor_per_hour"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise EvidenceError(f"an entry cannot be read: {error!r}"[:200]) from None
    if entry.as_json() != data:
        raise EvidenceError(f"entry {entry.entry_id} holds fields or forms that it should not")
    return entry


def parse_amount(text: object, currency: str) -> int:
    """Read an exact decimal amount of a statement as micros; EvidenceError for any other form."""
    found = _DECIMAL.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise EvidenceError(f"{text!r} is not an exact amount"[:120])
    sign, whole, part = found[1], found[2], found[3] or ""
    digits = exponent(currency)
    if not digits <= len(part) <= digits + _SPARE_DIGITS or part[digits:].endswith("0"):
        raise EvidenceError(f"{text!r} is not how an amount of {currency} is written"[:120])
    micros = int(whole + part.ljust(digits + _SPARE_DIGITS, "0"))
    if sign and not micros:
        raise EvidenceError("zero has no sign")
    return -micros if sign else micros


def show_amount(micros: int, currency: str) -> str:
    """Write micros as `parse_amount` reads them."""
    digits = exponent(currency)
    whole, part = divmod(abs(micros), 10 ** (digits + _SPARE_DIGITS))
    text = f"{part:0{digits + _SPARE_DIGITS}d}"
    kept = text[:digits] + text[digits:].rstrip("0")
    sign = "-" if micros < 0 else ""
    return f"{sign}{whole}.{kept}" if kept else f"{sign}{whole}"


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise EvidenceError(f"{value!r} is not a count")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, str) or not _WHOLE.fullmatch(value) or value == "-0":
        raise EvidenceError(f"{value!r} is not a whole number as text")
    return int(value)


def _maybe_whole(value: object) -> int | None:
    return None if value is None else _whole(value)


def _word(value: object) -> str:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise EvidenceError(f"{value!r} is not a word of the ledger")
    return value


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
