"""What a statement is made of: earnings gathered into lines, and what the floor asks for them.

Earnings that agree in project, basis, activity, rate, floor and reason are one line. Everything
later (the top-up, the sums, the written statement) is worked out from lines alone, so a reader of
the statement can do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from fairhand.core.clock import Instant
from fairhand.core.money import Money, exponent
from fairhand.pay.paid_time.rules import Activity
from fairhand.pay.top_up.rules import FlooredWork, counts_for_floor

BASES: Final = (
    "time",
    "piece",
    "audio",
    "block",
    "cancellation",
    "premium",
    "overtime",
    "expense",
    "royalty",
    "correction",
)
"""In this order the lines of a project stand; a top-up comes after them."""


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
class Corrects:
    """What a correction puts right: a line of a statement, where it was about one, and why."""

    dispute: int
    statement_sha256: str | None
    line: int | None


class Earned(NamedTuple):
    """One accrual to be settled; micros, milliseconds, `unit_micros` is the price of one unit.

    A named tuple and no dataclass: a close makes a million of them.
    """

    person_id: int
    entry_id: int
    project_id: int
    activity: Activity
    basis: str
    started_at: Instant
    ended_at: Instant
    paid_ms: int
    rate_micros_per_hour: int
    currency: str
    amount_micros: int
    quantity: int | None = None
    unit_micros: int | None = None
    why: str = ""
    corrects: Corrects | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """The exchange rate by which a floor was turned into the currency of the pay."""

    rate: Fraction
    as_of: date
    source_title: str


@dataclass(frozen=True, slots=True)
class HeldFloor:
    """A floor that held for some work: minor units an hour of the pay's currency, and its source.

    `per_hour` is what the source itself says, in its own currency.
    """

    minor_per_hour: int
    row: str
    per_hour: Money
    converted: Converted | None
    valid_from: str
    source_title: str
    source_url: str
    source_class: str


FloorOf = Callable[[Earned], HeldFloor | None]


@dataclass(frozen=True, slots=True)
class Line:
    """Earnings of one kind; `entries` are (ledger entry, paid milliseconds, micros) in order."""

    project_id: int
    basis: str
    activity: Activity
    currency: str
    rate_micros_per_hour: int
    unit_micros: int | None
    is_late: bool
    why: str
    corrects: Corrects | None
    floor: HeldFloor | None
    paid_ms: int
    amount_micros: int
    quantity: int | None
    entries: tuple[tuple[int, int, int], ...]

    @property
    def counts(self) -> bool:
        """Tell whether the floor is compared with this line."""
        return counts_for_floor(self.basis, self.paid_ms)


class _Gathering:
    """A line while it is being gathered."""

    __slots__ = ("amount", "entries", "first", "is_late", "paid_ms", "quantity")

    def __init__(self, first: Earned, *, is_late: bool) -> None:
        self.first = first
        self.is_late = is_late
        self.paid_ms = self.amount = 0
        self.quantity = None if first.quantity is None else 0
        self.entries: list[tuple[int, int, int]] = []

    def add(self, one: Earned) -> None:
        self.paid_ms += one.paid_ms
        self.amount += one.amount_micros
        if self.quantity is not None:
            self.quantity += one.quantity or 0
        self.entries.append((one.entry_id, one.paid_ms, one.amount_micros))

    def line(self, floor: HeldFloor | None) -> Line:
        first = self.first
        return Line(
            project_id=first.project_id,
            basis=first.basis,
            activity=first.activity,
            currency=first.currency,
            rate_micros_per_hour=first.rate_micros_per_hour,
            unit_micros=first.unit_micros,
            is_late=self.is_late,
            why=first.why,
            corrects=first.corrects,
            floor=floor,
            paid_ms=self.paid_ms,
            amount_micros=self.amount,
            quantity=self.quantity,
            entries=tuple(sorted(self.entries)),
        )


_Key = tuple[str, int, str, Activity, int, int | None, bool, bool, str, Corrects | None, str]


def gather(earned: Iterable[Earned], floor_of: FloorOf, period: Period) -> list[Line]:
    """Gather one person's earnings into lines, in the order in which they are written.

    Where a wage row was turned into another currency, its highest figure holds for all of the
    person's work under that row: a rate that falls within a period lowers nobody's floor.
    """
    groups: dict[_Key, _Gathering] = {}
    highest: dict[tuple[str, str], HeldFloor] = {}
    for one in earned:
        floor = floor_of(one) if counts_for_floor(one.basis, one.paid_ms) else None
        if floor is not None and highest.get((floor.row, one.currency)) is not floor:
            known = highest.get((floor.row, one.currency))
            if known is None or floor.minor_per_hour > known.minor_per_hour:
                highest[floor.row, one.currency] = floor
        key = (
            one.currency,
            one.project_id,
            one.basis,
            one.activity,
            one.rate_micros_per_hour,
            one.unit_micros,
            one.quantity is None,
            one.ended_at < period.starts_at,
            one.why,
            one.corrects,
            "" if floor is None else floor.row,
        )
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Gathering(one, is_late=key[7])
        group.add(one)
    return in_order(
        group.line(highest[key[10], key[0]] if key[10] else None) for key, group in groups.items()
    )


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Put lines in the order in which they are written."""
    return sorted(lines, key=_place)


def keep_up(lines: Iterable[Line], kept: Callable[[Line], HeldFloor | None]) -> list[Line]:
    """Hold the floors that people had before where they are higher: a floor never falls."""
    held = []
    for line in lines:
        before = kept(line) if line.counts else None
        now = line.floor.minor_per_hour if line.floor is not None else 0
        is_higher = before is not None and before.minor_per_hour > now
        held.append(replace(line, floor=before) if is_higher else line)
    return held


def currencies(lines: Iterable[Line]) -> list[str]:
    """List the currencies of some lines; there is one statement for each."""
    return sorted({line.currency for line in lines})


def floored_work(lines: Iterable[Line], currency: str) -> list[FlooredWork]:
    """Keep what a top-up is computed for: pay for work, each line under its own floor."""
    return [
        FlooredWork(
            line.project_id,
            line.paid_ms,
            line.amount_micros,
            0 if line.floor is None else line.floor.minor_per_hour,
            line.rate_micros_per_hour,
        )
        for line in lines
        if line.currency == currency and line.counts
    ]


def raised(lines: Iterable[Line]) -> dict[tuple[int, str], HeldFloor]:
    """Find the highest floor of each project and currency: what will never fall again there."""
    highest: dict[tuple[int, str], HeldFloor] = {}
    for line in lines:
        if line.floor is not None and line.paid_ms:
            key = line.project_id, line.currency
            if key not in highest or line.floor.minor_per_hour > highest[key].minor_per_hour:
                highest[key] = line.floor
    return highest


def exact_amount(micros: int, currency: str) -> str:
    """Write micros as an exact decimal: at least the currency's digits, up to six more."""
    digits = exponent(currency)
    sign, value = ("-" if micros < 0 else ""), abs(micros)
    whole, part = divmod(value, 10 ** (digits + 6))
    text = f"{part:0{digits + 6}d}"
    kept = text[:digits] + text[digits:].rstrip("0")
    return f"{sign}{whole}.{kept}" if kept else f"{sign}{whole}"


def sum_of(lines: Iterable[Line], *bases: str) -> int:
    """Sum the micros of the lines with one of these bases."""
    return sum(line.amount_micros for line in lines if line.basis in bases)


def of_currency(lines: Iterable[Line], currency: str) -> Sequence[Line]:
    """Keep the lines of one currency."""
    return [line for line in lines if line.currency == currency]


def _place(line: Line) -> tuple[object, ...]:
    return (
        line.currency,
        line.project_id,
        BASES.index(line.basis) if line.basis in BASES else len(BASES),
        line.activity,
        line.rate_micros_per_hour,
        line.unit_micros or 0,
        line.is_late,
        line.why,
        line.floor.row if line.floor is not None else "",
        line.entries[0],
    )
