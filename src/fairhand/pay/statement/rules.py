"""Build the statement of one person, one pay period and one currency.

A statement says for every line what was done, how long, at which rate and in which ledger entries;
for the top-up the formula, its numbers and the law or source of the floor. It is written as
canonical JSON (RFC 8785) so that its SHA-256 names exactly this statement, and it names the one
before it. Amounts are decimal strings; time is whole milliseconds.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from fairhand.core.clock import Instant, iso
from fairhand.core.money import MICROS, Money, exponent
from fairhand.pay.floors.rules import Floor
from fairhand.pay.top_up.rules import (
    FlooredWork,
    by_project,
    due_micros,
    due_minor,
    top_up_minor,
    top_ups,
)

FORMAT: Final = "fairhand-statement/v1"
FORMULA: Final = "top-up = max(0, sum(floor * paid hours) - accrued), rounded up; per project"


@dataclass(frozen=True, slots=True)
class Earned:
    """One accrual to be settled, and the floor that held while it was earned."""

    entry_id: int
    project_id: int
    project_title: str
    activity: str
    started_at: Instant
    ended_at: Instant
    paid_ms: int
    rate_micros_per_hour: int
    currency: str
    amount_micros: int
    floor: Floor | None

    @property
    def floor_minor_per_hour(self) -> int | None:
        """The floor in the currency of the earning, or None when it cannot be compared."""
        if self.floor is None or self.floor.currency != self.currency:
            return None
        return self.floor.minor_per_hour


@dataclass(frozen=True, slots=True)
class Period:
    """A pay period: from its start up to, and without, its end."""

    id: int
    starts_at: Instant
    ends_at: Instant


@dataclass(frozen=True, slots=True)
class Payee:
    """Whose statement it is."""

    person_id: int
    country: str
    region: str
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class Carried:
    """What the statement before it leaves to this one."""

    micros: int = 0
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a statement; `floor_due_micros` is None where no floor was known."""

    paid_ms: int
    accrued_micros: int
    top_up_micros: int
    floor_due_micros: int | None
    to_pay: Money
    carry_micros: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A finished statement: its sums, its text and the text's name."""

    person_id: int
    period_id: int
    currency: str
    totals: Totals
    body: str
    sha256: str


def floored_work(earned: Sequence[Earned], currency: str) -> list[FlooredWork]:
    """Keep the work that has a floor in its own currency: what a top-up can be computed for."""
    return [
        FlooredWork(one.project_id, one.paid_ms, one.amount_micros, floor)
        for one in earned
        if one.currency == currency and (floor := one.floor_minor_per_hour) is not None
    ]


def build_statement(
    period: Period,
    payee: Payee,
    currency: str,
    earned: Sequence[Earned],
    top_up_entries: Mapping[int, tuple[int, int]],
    before: Carried,
) -> Statement:
    """Write the statement; `top_up_entries` maps a project to its top-up's entry and minor units.

    Raises ValueError when the top-up is not exactly what the formula gives.
    """
    mine = [one for one in earned if one.currency == currency]
    work = floored_work(mine, currency)
    posted = {project: minor for project, (_, minor) in top_up_entries.items()}
    if posted != top_ups(work):
        raise ValueError(f"top-ups {posted} are not what the formula gives")
    totals = _totals(mine, work, sum(posted.values()), currency, before)
    document: dict[str, Any] = {
        "format": FORMAT,
        "person": {
            "id": payee.person_id,
            "country": payee.country,
            "region": payee.region,
            "simulated": payee.is_simulated,
        },
        "period": {
            "id": period.id,
            "starts_at": iso(period.starts_at),
            "ends_at": iso(period.ends_at),
        },
        "currency": currency,
        "lines": [*_time_lines(mine, period), *_top_up_lines(mine, top_up_entries, currency)],
        "floor": _floor_part(mine, work, currency),
        "totals": _totals_part(totals, before),
        "previous_sha256": before.sha256,
    }
    body = rfc8785.dumps(document)
    digest = hashlib.sha256(body).hexdigest()
    return Statement(payee.person_id, period.id, currency, totals, body.decode(), digest)


def exact_amount(micros: int, currency: str) -> str:
    """Write micros as an exact decimal: at least the currency's digits, up to six more."""
    digits = exponent(currency)
    sign, value = ("-" if micros < 0 else ""), abs(micros)
    whole, part = divmod(value, 10 ** (digits + 6))
    text = f"{part:0{digits + 6}d}"
    kept = text[:digits] + text[digits:].rstrip("0")
    return f"{sign}{whole}.{kept}" if kept else f"{sign}{whole}"


def _totals(
    mine: Sequence[Earned],
    work: Sequence[FlooredWork],
    top_up: int,
    currency: str,
    before: Carried,
) -> Totals:
    accrued = sum(one.amount_micros for one in mine)
    whole, carry = divmod(before.micros + accrued + top_up * MICROS, MICROS)
    is_floored = len(work) == len(mine)
    return Totals(
        paid_ms=sum(one.paid_ms for one in mine),
        accrued_micros=accrued,
        top_up_micros=top_up * MICROS,
        floor_due_micros=due_micros(work) if is_floored else None,
        to_pay=Money(whole, currency),
        carry_micros=carry,
    )


def _time_lines(mine: Sequence[Earned], period: Period) -> list[dict[str, Any]]:
    groups: dict[tuple[int, str, int, bool], list[Earned]] = defaultdict(list)
    for one in mine:
        is_late = one.ended_at < period.starts_at
        groups[one.project_id, one.activity, one.rate_micros_per_hour, is_late].append(one)
    return [_time_line(groups[key], late=key[3]) for key in sorted(groups)]


def _time_line(group: Sequence[Earned], *, late: bool) -> dict[str, Any]:
    first = group[0]
    return {
        "kind": "time",
        "project": {"id": first.project_id, "title": first.project_title},
        "activity": first.activity,
        "late_from_earlier_period": late,
        "paid_ms": sum(one.paid_ms for one in group),
        "rate_per_hour": exact_amount(first.rate_micros_per_hour, first.currency),
        "amount": exact_amount(sum(one.amount_micros for one in group), first.currency),
        "ledger": _references(group),
    }


def _references(group: Sequence[Earned]) -> dict[str, Any]:
    """Name the entries of a line: how many, the outer ones, and a hash over all of them."""
    ordered = sorted(group, key=lambda one: one.entry_id)
    listing = "".join(f"{one.entry_id} {one.paid_ms} {one.amount_micros}\n" for one in ordered)
    return {
        "entries": len(ordered),
        "first": ordered[0].entry_id,
        "last": ordered[-1].entry_id,
        "sha256": hashlib.sha256(listing.encode()).hexdigest(),
    }


def _top_up_lines(
    mine: Sequence[Earned], entries: Mapping[int, tuple[int, int]], currency: str
) -> list[dict[str, Any]]:
    titles = {one.project_id: one.project_title for one in mine}
    return [
        {
            "kind": "top_up",
            "project": {"id": project, "title": titles[project]},
            "amount": Money(minor, currency).decimal(),
            "ledger": {"entries": 1, "first": entry_id, "last": entry_id},
        }
        for project, (entry_id, minor) in sorted(entries.items())
    ]


def _floor_part(
    mine: Sequence[Earned], work: Sequence[FlooredWork], currency: str
) -> dict[str, Any]:
    return {
        "formula": FORMULA,
        "projects": [
            _floor_line(project, parts, currency) for project, parts in by_project(work).items()
        ],
        "floors": _floors(mine, currency),
        "paid_ms_without_floor": sum(one.paid_ms for one in mine)
        - sum(part.paid_ms for part in work),
    }


def _floor_line(project: int, work: Sequence[FlooredWork], currency: str) -> dict[str, Any]:
    accrued = sum(part.accrued_micros for part in work)
    due = due_minor(work)
    return {
        "project_id": project,
        "paid_ms": sum(part.paid_ms for part in work),
        "accrued": exact_amount(accrued, currency),
        "due_minor_units": f"{due.numerator}/{due.denominator}",
        "top_up": Money(top_up_minor(accrued, due), currency).decimal(),
    }


def _floors(mine: Sequence[Earned], currency: str) -> list[dict[str, Any]]:
    used: dict[str, tuple[Floor, int]] = {}
    for one in mine:
        if one.floor is not None and one.floor.currency == currency:
            _, so_far = used.get(one.floor.row.id, (one.floor, 0))
            used[one.floor.row.id] = (one.floor, so_far + one.paid_ms)
    return [
        {
            "row": floor.row.id,
            "per_hour": floor.money.decimal(),
            "paid_ms": paid_ms,
            "valid_from": floor.row.valid_from,
            "source_title": floor.row.source_title,
            "source_url": floor.row.source_url,
            "source_class": floor.row.source_class,
        }
        for _, (floor, paid_ms) in sorted(used.items())
    ]


def _totals_part(totals: Totals, before: Carried) -> dict[str, Any]:
    currency = totals.to_pay.currency
    gross = totals.accrued_micros + totals.top_up_micros
    return {
        "paid_ms": totals.paid_ms,
        "accrued": exact_amount(totals.accrued_micros, currency),
        "top_up": exact_amount(totals.top_up_micros, currency),
        "gross": exact_amount(gross, currency),
        "carried_in": exact_amount(before.micros, currency),
        "to_pay": totals.to_pay.decimal(),
        "carried_out": exact_amount(totals.carry_micros, currency),
    }
