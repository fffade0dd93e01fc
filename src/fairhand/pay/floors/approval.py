"""What turns a draft wage row into one that sets a floor: a named person, evidence, a check.

Nothing is edited: an approval, like an end, is the same row said again with more in it. Where there
are two people who may approve, whoever entered a row does not approve it (four eyes). A row ends
from tomorrow at the earliest, and the ratchet keeps what people had.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

from fairhand.core.errors import Issue
from fairhand.core.money import Money, ceil_fraction, exponent
from fairhand.pay.floors.rules import WEEKS_PER_YEAR, FloorRow, hourly, is_active

EVIDENCE_MOST_BYTES: Final = 5 * 1024 * 1024
NOTE_LEAST: Final = 10
NOTE_MOST: Final = 2_000
HOURS_IN_A_WEEK: Final = 168

_DECIMAL: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)
_KINDS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
# What a house adds to a row; a file that leaves these empty takes nothing away.
_ADDED: Final = (
    "hours_per_week",
    "payments_per_year",
    "valid_to",
    "entered_by",
    "approved_by",
    "approved_on",
    "evidence_sha256",
)


@dataclass(frozen=True, slots=True)
class Approver:
    """Who approves; `others` says whether somebody else could."""

    person_id: int
    display_name: str
    others: bool

    @property
    def signature(self) -> str:
        """How a row names whoever entered or approved it."""
        return signature(self.display_name, self.person_id)


@dataclass(frozen=True, slots=True)
class Approval:
    """What an approver gives: how long the row pays for, what they looked at, their word."""

    hours_per_week: str
    payments_per_year: str
    note: str
    checked: bool


def signature(display_name: str, person_id: int) -> str:
    """Write a person's name so that nobody else has it."""
    return f"{display_name[:90]} (person {person_id})"


def evidence_type(data: bytes) -> str | None:
    """Tell what a piece of evidence is from its own bytes; None for what is not taken."""
    for start, media_type in _KINDS:
        if data.startswith(start):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "text/plain; charset=utf-8" if text.strip() and "\x00" not in text else None


def evidence_issues(data: bytes) -> list[Issue]:
    """Say why a file is no evidence: empty, too large, or of a kind that is not taken."""
    if not data:
        return [Issue("evidence", "Add the law, notice or page that you checked, as a file.")]
    if len(data) > EVIDENCE_MOST_BYTES:
        return [Issue("evidence", f"Evidence has at most {EVIDENCE_MOST_BYTES >> 20} MiB.")]
    if evidence_type(data) is None:
        return [Issue("evidence", "Evidence is a PDF, a PNG, JPEG or WebP picture, or text.")]
    return []


def needs_hours(row: FloorRow) -> bool:
    """Tell whether a row does not yet say how many hours its amount pays for."""
    return hourly(row) is None


def filled(row: FloorRow, given: Approval) -> FloorRow:
    """Fill in what the row leaves open; what it says already stays."""
    return replace(
        row,
        hours_per_week=row.hours_per_week or given.hours_per_week,
        payments_per_year=row.payments_per_year or given.payments_per_year,
    )


def approval_issues(row: FloorRow, approver: Approver, given: Approval) -> list[Issue]:
    """Say what stands between a draft and its approval; nothing is left out."""
    issues = []
    if needs_hours(row):
        issues += _number(given.hours_per_week, "hours_per_week", HOURS_IN_A_WEEK, row)
        issues += _number(given.payments_per_year, "payments_per_year", 366, row)
    issues += _words(given.note, "note", "Say what you checked")
    if not given.checked:
        issues.append(Issue("checked", "Confirm that you have read the source yourself."))
    if approver.others and is_own(row, approver):
        message = "You entered this row. Somebody else who may set floors has to approve it."
        issues.append(Issue("approver", message))
    return issues


def is_own(row: FloorRow, approver: Approver) -> bool:
    """Tell whether a row was entered by whoever wants to approve it."""
    return row.entered_by.strip().casefold() in (
        approver.signature.casefold(),
        approver.display_name.strip().casefold(),
    )


def approve(
    row: FloorRow, approver: Approver, given: Approval, evidence_sha256: str, on: date
) -> FloorRow:
    """Give the approved row; what it says of wages stays as it was entered."""
    return replace(
        filled(row, given),
        approved_by=approver.signature,
        approved_on=on.isoformat(),
        evidence_sha256=evidence_sha256,
    )


def end_issues(row: FloorRow, last_day: str, today: date, reason: str) -> list[Issue]:
    """Say why a row may not end on a day: never in the past, never later than it does already."""
    try:
        day = date.fromisoformat(last_day)
    except ValueError:
        return [Issue("last_day", "Give the last day on which the row counts, as 2026-12-31.")]
    issues = _words(reason, "reason", "Say why the row ends")
    if not is_active(row):
        issues.append(Issue("last_day", "This row sets no floor, so there is nothing to end."))
    if day < today:
        message = f"A floor never ends in the past: {today} is the earliest last day."
        issues.append(Issue("last_day", message))
    if day.isoformat() < row.valid_from:
        issues.append(Issue("last_day", f"The row begins on {row.valid_from}."))
    if row.valid_to and day.isoformat() > row.valid_to:
        issues.append(Issue("last_day", f"The row ends on {row.valid_to} already."))
    return issues


def meet(row: FloorRow, known: FloorRow | None) -> FloorRow | Issue:
    """Let a row from a file meet the one that is known under its id.

    The same row takes nothing away from what the house has added to it; a draft with other figures
    never pushes an approved row aside.
    """
    if known is None:
        return row
    if _facts(row) == _facts(known):
        kept: dict[str, Any] = {name: getattr(row, name) or getattr(known, name) for name in _ADDED}
        return replace(row, **kept)
    if is_active(known) and not row.approved_on:
        message = f"{row.id!r} is approved with other figures; give new figures a new id."
        return Issue(f"{row.id}, id", message)
    return row


def in_words(row: FloorRow) -> str:
    """Show how an amount becomes an hour, step by step."""
    amount = f"{row.currency} {row.amount}"
    exact = hourly(row)
    if exact is None:
        return (
            f"{amount} a {row.period}; how many hours that pays for is not said yet: amount × "
            f"payments a year ÷ (hours a week × {WEEKS_PER_YEAR})."
        )
    up = Money(ceil_fraction(exact), row.currency)
    if row.period == "hour":
        return f"{amount} an hour{'' if exact.denominator == 1 else f', rounded up to {up}'}."
    value = _decimal(exact, row.currency)
    return (
        f"{amount} a {row.period} × {row.payments_per_year} payments a year ÷ "
        f"({row.hours_per_week} hours a week × {WEEKS_PER_YEAR} weeks) = {row.currency} {value} "
        f"an hour, rounded up to {up}."
    )


def others_may(approvers: Sequence[int], person_id: int) -> bool:
    """Tell whether anybody else could approve."""
    return any(one != person_id for one in approvers)


def _facts(row: FloorRow) -> FloorRow:
    """Give a row as it is without what a house adds to it."""
    blank: dict[str, Any] = dict.fromkeys(_ADDED, "")
    return replace(row, **blank)


def _decimal(exact: Fraction, currency: str) -> str:
    digits = exponent(currency) + 3
    scaled = exact * 10**3
    whole, part = divmod(int(scaled), 10**digits)
    more = "" if scaled.denominator == 1 else "…"
    return f"{whole}.{part:0{digits}d}{more}"


def _number(text: str, place: str, most: int, row: FloorRow) -> list[Issue]:
    if getattr(row, place):
        return []
    if not _DECIMAL.fullmatch(text) or not 0 < Fraction(text) <= most:
        return [Issue(place, f"Give a number above 0 and up to {most}, as the source says.")]
    return []


def _words(text: str, place: str, wanted: str) -> list[Issue]:
    if not NOTE_LEAST <= len(text.strip()) <= NOTE_MOST:
        return [Issue(place, f"{wanted}, in {NOTE_LEAST} to {NOTE_MOST:,} letters.")]
    return []
