"""Sums over statements: what each one came to in parts, and what a calendar year came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fairhand.core.clock import Instant
from fairhand.pay.evidence.entries import parse_amount

_ON_TOP = ("premiums", "expenses", "royalties")


@dataclass(frozen=True, slots=True)
class Sums:
    """What one statement came to, in micros; `on_top` never counts towards the floor."""

    currency: str
    paid_ms: int
    work: int
    top_up: int
    on_top: int
    gross: int
    to_pay: int

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.currency,
            self.paid_ms + other.paid_ms,
            self.work + other.work,
            self.top_up + other.top_up,
            self.on_top + other.on_top,
            self.gross + other.gross,
            self.to_pay + other.to_pay,
        )


@dataclass(frozen=True, slots=True)
class YearSums:
    """What a calendar year (of the periods' ends, UTC) came to in one currency."""

    year: int
    statements: int
    sums: Sums


def read_sums(document: Mapping[str, Any]) -> Sums:
    """Read the sums of a statement of either format."""
    currency, totals = document["currency"], document["totals"]

    def micros(name: str) -> int:
        return parse_amount(totals[name], currency) if name in totals else 0

    on_top = sum(micros(name) for name in _ON_TOP)
    return Sums(
        currency=currency,
        paid_ms=totals["paid_ms"],
        work=micros("gross") - micros("top_up") - on_top,
        top_up=micros("top_up"),
        on_top=on_top,
        gross=micros("gross"),
        to_pay=micros("to_pay"),
    )


def year_of(period_end: Instant) -> int:
    """The year that a period belongs to: that of its last millisecond."""
    return datetime.fromtimestamp((period_end - 1) // 1_000, UTC).year


def by_year(settled: Iterable[tuple[Instant, Sums]]) -> list[YearSums]:
    """Sum statements, each with its period's end, by year and currency; the newest year first."""
    found: dict[tuple[int, str], YearSums] = {}
    for ends_at, sums in settled:
        key = (-year_of(ends_at), sums.currency)
        before = found.get(key)
        found[key] = (
            YearSums(year_of(ends_at), 1, sums)
            if before is None
            else YearSums(before.year, before.statements + 1, before.sums + sums)
        )
    return [found[key] for key in sorted(found)]
