"""A statement's document in one shape, whichever of its two formats it was written in.

`fairhand-statement/v1` knows lines of time and top-ups; `fairhand-statement/v2` numbers its lines
and names the basis of each. Anything that is missing or of another type is an EvidenceError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, TypeVar

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.money import MICROS, exponent
from fairhand.pay.evidence.entries import EvidenceError, parse_amount

V1: Final = "fairhand-statement/v1"
V2: Final = "fairhand-statement/v2"
TOP_UP: Final = "top_up"
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement, and the ledger entries it says it sums up."""

    n: int
    kind: str
    project_id: int
    activity: str
    is_late: bool
    paid_ms: int
    rate_micros: int | None
    unit_micros: int | None
    quantity: int | None
    amount_micros: int
    counts_for_floor: bool | None
    floor_minor: int | None
    entries: int
    first: int
    last: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class ProjectFloor:
    """What the floor asks of one project, as the statement says."""

    project_id: int
    paid_ms: int
    accrued_micros: int
    due_minor: Fraction
    top_up_micros: int


@dataclass(frozen=True, slots=True)
class FloorUsed:
    """A floor in the statement's own currency, and the time that was under it."""

    minor_per_hour: int
    paid_ms: int


@dataclass(frozen=True, slots=True)
class Document:
    """A statement, read."""

    version: int
    person_id: int
    is_simulated: bool
    period_id: int
    starts_at: Instant
    ends_at: Instant
    currency: str
    lines: tuple[Line, ...]
    projects: tuple[ProjectFloor, ...]
    floors: tuple[FloorUsed, ...]
    unfloored_ms: int
    total_ms: int
    totals: Mapping[str, int]
    previous_sha256: str | None


def read_document(data: object) -> Document:
    """Read the document of a statement; raises EvidenceError."""
    try:
        return _read(_need(data, dict))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        words = str(error) if isinstance(error, EvidenceError) else repr(error)
        raise EvidenceError(f"the statement cannot be read: {words}"[:240]) from None


def _read(data: Mapping[str, Any]) -> Document:
    if data["format"] not in (V1, V2):
        raise EvidenceError(f"its format is {data['format']!r}, which is not known here")
    version = 1 if data["format"] == V1 else 2
    currency = _need(data["currency"], str)
    exponent(currency)
    person, period, floor = data["person"], data["period"], data["floor"]
    totals = dict(_need(data["totals"], dict))
    total_ms = _need(totals.pop("paid_ms"), int)
    return Document(
        version=version,
        person_id=_need(person["id"], int),
        is_simulated=_need(person["simulated"], bool),
        period_id=_need(period["id"], int),
        starts_at=_instant(period["starts_at"]),
        ends_at=_instant(period["ends_at"]),
        currency=currency,
        lines=tuple(
            _line(n, line, version, currency) for n, line in enumerate(data["lines"], start=1)
        ),
        projects=tuple(_project(one, currency) for one in floor["projects"]),
        floors=tuple(_floor(one, currency) for one in floor["floors"]),
        unfloored_ms=_need(floor["paid_ms_without_floor"], int),
        total_ms=total_ms,
        totals={name: parse_amount(value, currency) for name, value in totals.items()},
        previous_sha256=_maybe(data["previous_sha256"], str),
    )


def _line(n: int, line: Mapping[str, Any], version: int, currency: str) -> Line:
    if version == 2 and _need(line["n"], int) != n:
        raise EvidenceError(f"line {n} says that it is line {line['n']}")
    kind, ledger = _need(line["kind"], str), line["ledger"]
    counts = line["counts_for_floor"] if version == 2 else None
    return Line(
        n=n,
        kind=kind,
        project_id=_need(line["project"]["id"], int),
        activity=TOP_UP if version == 1 and kind == TOP_UP else _need(line["activity"], str),
        is_late=bool(line.get("late_from_earlier_period", False)),
        paid_ms=_need(line.get("paid_ms", 0), int),
        rate_micros=_amount(line.get("rate_per_hour"), currency),
        unit_micros=_amount(line.get("unit_amount"), currency),
        quantity=_maybe(line.get("quantity"), int),
        amount_micros=parse_amount(line["amount"], currency),
        counts_for_floor=_maybe(counts, bool),
        floor_minor=_minor(line.get("floor_per_hour"), currency),
        entries=_need(ledger["entries"], int),
        first=_need(ledger["first"], int),
        last=_need(ledger["last"], int),
        sha256=_maybe(ledger.get("sha256"), str),
    )


def _project(one: Mapping[str, Any], currency: str) -> ProjectFloor:
    due = Fraction(_need(one["due_minor_units"], str))
    if f"{due.numerator}/{due.denominator}" != one["due_minor_units"]:
        raise EvidenceError(f"{one['due_minor_units']!r} is not a fraction in lowest terms")
    return ProjectFloor(
        project_id=_need(one["project_id"], int),
        paid_ms=_need(one["paid_ms"], int),
        accrued_micros=parse_amount(one["accrued"], currency),
        due_minor=due,
        top_up_micros=parse_amount(one["top_up"], currency),
    )


def _floor(one: Mapping[str, Any], currency: str) -> FloorUsed:
    exchanged = one.get("in_currency")
    per_hour = one["per_hour"] if exchanged is None else exchanged["per_hour"]
    return FloorUsed(_minor(per_hour, currency) or 0, _need(one["paid_ms"], int))


def _instant(text: object) -> Instant:
    at = parse_iso(_need(text, str))
    if iso(at) != text:
        raise EvidenceError(f"{text!r} is not how an instant is written")
    return at


def _amount(text: object, currency: str) -> int | None:
    return None if text is None else parse_amount(text, currency)


def _minor(text: object, currency: str) -> int | None:
    if text is None:
        return None
    whole, rest = divmod(parse_amount(text, currency), MICROS)
    if rest:
        raise EvidenceError(f"{text!r} is not in whole minor units")
    return whole


def _need(value: object, kind: type[_Kind]) -> _Kind:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise EvidenceError(f"{value!r} is not of type {kind.__name__}"[:120])
    return value


def _maybe(value: object, kind: type[_Kind]) -> _Kind | None:
    return None if value is None else _need(value, kind)
