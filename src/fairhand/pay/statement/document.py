"""Write the statement of one person, one pay period and one currency: `fairhand-statement/v2`.

A statement says for every line what was done, how long, at which rate and in which ledger entries;
for the top-up the formula, its numbers and the law or source of the floor. It is written as
canonical JSON (RFC 8785) so that its SHA-256 names exactly this statement, and it names the one
before it. Amounts are decimal strings; time is whole milliseconds; lines are numbered from 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import orjson

from fairhand.core.clock import iso
from fairhand.core.money import MICROS, Money
from fairhand.pay.statement.rules import (
    Carried,
    HeldFloor,
    Line,
    Payee,
    Period,
    exact_amount,
    floored_work,
    of_currency,
    sum_of,
)
from fairhand.pay.top_up.rules import (
    FlooredWork,
    by_project,
    due_micros,
    due_minor,
    top_ups,
)

FORMAT: Final = "fairhand-statement/v2"
FORMULA: Final = (
    "top-up = max(0, sum(max(floor, rate per hour) * paid hours) - accrued), rounded up; "
    "per project, over the lines that count for the floor"
)
BASE: Final = ("time", "piece", "audio", "block", "cancellation")
PREMIUMS: Final = ("premium", "overtime")


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a statement; `floor_due_micros` is None where some work had no known floor.

    `accrued_micros` is everything but the top-up, what does not count for the floor included.
    """

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


def build_statement(
    period: Period,
    payee: Payee,
    currency: str,
    lines: Sequence[Line],
    titles: Mapping[int, str],
    top_up_entries: Mapping[int, tuple[int, int]],
    before: Carried,
) -> Statement:
    """Write the statement; `top_up_entries` maps a project to its top-up's entry and minor units.

    Raises ValueError when the top-up is not exactly what the formula gives.
    """
    mine = of_currency(lines, currency)
    work = floored_work(mine, currency)
    posted = {project: minor for project, (_, minor) in top_up_entries.items()}
    if posted != top_ups(work):
        raise ValueError(f"top-ups {posted} are not what the formula gives")
    totals = totals_of(mine, sum(posted.values()), currency, before)
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
        "lines": _lines(mine, top_up_entries, titles, currency),
        "floor": _floor_part(mine, work, posted, currency),
        "totals": _totals_part(mine, totals, before),
        "previous_sha256": before.sha256,
    }
    body = canonical(document)
    digest = hashlib.sha256(body).hexdigest()
    return Statement(payee.person_id, period.id, currency, totals, body.decode(), digest)


def canonical(document: Mapping[str, Any]) -> bytes:
    """Write a document as RFC 8785 has it; its keys are ASCII and its numbers whole.

    For such documents the quick writer and the standard give the same bytes.
    """
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def totals_of(mine: Sequence[Line], top_up: int, currency: str, before: Carried) -> Totals:
    """Sum lines of one currency, with `top_up` minor units on top."""
    accrued = sum(line.amount_micros for line in mine)
    whole, carry = divmod(before.micros + accrued + top_up * MICROS, MICROS)
    has_floors = all(line.floor is not None for line in mine if line.counts and line.paid_ms)
    return Totals(
        paid_ms=sum(line.paid_ms for line in mine),
        accrued_micros=accrued,
        top_up_micros=top_up * MICROS,
        floor_due_micros=due_by_floor(mine) if has_floors else None,
        to_pay=Money(whole, currency),
        carry_micros=carry,
    )


def due_by_floor(mine: Sequence[Line]) -> int:
    """What the floor alone asks for some lines of one currency, in micros, rounded up."""
    return due_micros(
        FlooredWork(line.project_id, line.paid_ms, 0, line.floor.minor_per_hour)
        for line in mine
        if line.counts and line.floor is not None
    )


def _lines(
    mine: Sequence[Line],
    top_up_entries: Mapping[int, tuple[int, int]],
    titles: Mapping[int, str],
    currency: str,
) -> list[dict[str, Any]]:
    drawn: list[tuple[int, dict[str, Any]]] = [(line.project_id, _line(line)) for line in mine]
    for project, (entry_id, minor) in sorted(top_up_entries.items()):
        drawn.append((project, _top_up_line(entry_id, minor, currency)))
    return [
        {"n": number, "project": {"id": project, "title": titles[project]}, **line}
        for number, (project, line) in enumerate(drawn, 1)
    ]


def _line(line: Line) -> dict[str, Any]:
    return {
        "kind": line.basis,
        "activity": line.activity,
        "late_from_earlier_period": line.is_late,
        "paid_ms": line.paid_ms,
        "quantity": line.quantity,
        "unit_amount": (
            None if line.unit_micros is None else exact_amount(line.unit_micros, line.currency)
        ),
        "rate_per_hour": exact_amount(line.rate_micros_per_hour, line.currency),
        "floor_per_hour": (
            None
            if line.floor is None
            else Money(line.floor.minor_per_hour, line.currency).decimal()
        ),
        "amount": exact_amount(line.amount_micros, line.currency),
        "counts_for_floor": line.counts,
        "why": line.why,
        "corrects": _corrects(line),
        "ledger": _references(line.entries),
    }


def _corrects(line: Line) -> dict[str, Any] | None:
    if line.corrects is None:
        return None
    return {
        "statement_sha256": line.corrects.statement_sha256,
        "line": line.corrects.line,
        "dispute": line.corrects.dispute,
    }


def _top_up_line(entry_id: int, minor: int, currency: str) -> dict[str, Any]:
    return {
        "kind": "top_up",
        "activity": "top_up",
        "late_from_earlier_period": False,
        "paid_ms": 0,
        "quantity": None,
        "unit_amount": None,
        "rate_per_hour": exact_amount(0, currency),
        "floor_per_hour": None,
        "amount": Money(minor, currency).decimal(),
        "counts_for_floor": False,
        "why": "",
        "corrects": None,
        "ledger": _references([(entry_id, 0, minor * MICROS)]),
    }


def _references(entries: Sequence[tuple[int, int, int]]) -> dict[str, Any]:
    """Name the entries of a line: how many, the outer ones, and a hash over all of them."""
    listing = "".join(f"{entry_id} {ms} {micros}\n" for entry_id, ms, micros in entries)
    return {
        "entries": len(entries),
        "first": entries[0][0],
        "last": entries[-1][0],
        "sha256": hashlib.sha256(listing.encode()).hexdigest(),
    }


def _floor_part(
    mine: Sequence[Line],
    work: Sequence[FlooredWork],
    posted: Mapping[int, int],
    currency: str,
) -> dict[str, Any]:
    return {
        "formula": FORMULA,
        "projects": [
            _floor_line(project, parts, posted.get(project, 0), currency)
            for project, parts in by_project(work).items()
        ],
        "floors": _floors(mine, currency),
        "paid_ms_without_floor": sum(
            line.paid_ms for line in mine if line.counts and line.floor is None
        ),
    }


def _floor_line(
    project: int, work: Sequence[FlooredWork], top_up: int, currency: str
) -> dict[str, Any]:
    accrued = sum(part.accrued_micros for part in work)
    due = due_minor(work)
    return {
        "project_id": project,
        "paid_ms": sum(part.paid_ms for part in work),
        "accrued": exact_amount(accrued, currency),
        "due_minor_units": f"{due.numerator}/{due.denominator}",
        "top_up": Money(top_up, currency).decimal(),
    }


def _floors(mine: Sequence[Line], currency: str) -> list[dict[str, Any]]:
    used: dict[HeldFloor, int] = {}
    for line in mine:
        if line.floor is not None:
            used[line.floor] = used.get(line.floor, 0) + line.paid_ms
    return [
        {
            "row": floor.row,
            "per_hour": floor.per_hour.decimal(),
            "currency": floor.per_hour.currency,
            "in_currency": _in_currency(floor, currency),
            "paid_ms": paid_ms,
            "valid_from": floor.valid_from,
            "source_title": floor.source_title,
            "source_url": floor.source_url,
            "source_class": floor.source_class,
        }
        for floor, paid_ms in sorted(used.items(), key=lambda one: _floor_place(one[0]))
    ]


def _floor_place(floor: HeldFloor) -> tuple[str, int, str]:
    return floor.row, floor.minor_per_hour, floor.source_title


def _in_currency(floor: HeldFloor, currency: str) -> dict[str, str] | None:
    if floor.converted is None:
        return None
    return {
        "per_hour": Money(floor.minor_per_hour, currency).decimal(),
        "rate": exact_rate(floor.converted.rate),
        "as_of": floor.converted.as_of.isoformat(),
        "source_title": floor.converted.source_title,
    }


def exact_rate(value: Fraction) -> str:
    """Write a rate exactly: a decimal where there is one, else a fraction as `n/d`."""
    digits = 0
    scaled = value
    while scaled.denominator % 2 == 0 or scaled.denominator % 5 == 0:
        scaled *= 10
        digits += 1
    if scaled.denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    text = f"{scaled.numerator:0{digits + 1}d}"
    return f"{text[:-digits]}.{text[-digits:]}" if digits else text


def _totals_part(mine: Sequence[Line], totals: Totals, before: Carried) -> dict[str, Any]:
    currency = totals.to_pay.currency

    def amount(micros: int) -> str:
        return exact_amount(micros, currency)

    return {
        "paid_ms": totals.paid_ms,
        "base": amount(sum_of(mine, *BASE)),
        "premiums": amount(sum_of(mine, *PREMIUMS)),
        "expenses": amount(sum_of(mine, "expense")),
        "royalties": amount(sum_of(mine, "royalty")),
        "corrections": amount(sum_of(mine, "correction")),
        "top_up": amount(totals.top_up_micros),
        "gross": amount(totals.accrued_micros + totals.top_up_micros),
        "carried_in": amount(before.micros),
        "to_pay": totals.to_pay.decimal(),
        "carried_out": amount(totals.carry_micros),
    }
