"""The floor: the highest of the approved wage rows that apply to a place at a moment.

An hourly amount is amount * payments_per_year / (hours_per_week * 52), in exact fractions, rounded
up to the minor unit. A row counts once it is approved; a row from a model or the press (class D or
E) only under the name of whoever approved it. A new row takes effect at local midnight; in a
country of several time zones, at the earliest midnight. No row means: closed for open projects.

Rows of towns and of the country (`area`) both apply to everybody of the place, so the higher one is
the floor: an account names a country and a region, and a doubt is settled for the person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.money import MICROS, Money, ceil_fraction, exponent
from fairhand.pay.fx.rules import RateFound, convert_floor, rate_text

WEEKS_PER_YEAR = 52
_NAMED_APPROVER = ("D", "E")
LIVING_MONTHS = 12
"""A living wage that is older has been overtaken by prices: it warns, and is never dropped."""
_OFFSET_STEP_MS = 15 * 60_000  # every zone's offset today is a multiple of a quarter of an hour


@dataclass(frozen=True, slots=True)
class FloorRow:
    """One row of wagefloor/v1; amounts and dates as text, exactly as they were entered."""

    id: str
    country: str
    region: str
    area: str
    kind: str
    household: str
    basis: str
    amount: str
    currency: str
    period: str
    hours_per_week: str
    payments_per_year: str
    valid_from: str
    valid_to: str
    published_on: str
    source_title: str
    source_url: str
    source_class: str
    licence: str
    may_redistribute: bool
    entered_by: str
    approved_by: str
    approved_on: str
    evidence_sha256: str


@dataclass(frozen=True, slots=True)
class Floor:
    """The floor of a place at a moment, and the row that sets it."""

    minor_per_hour: int
    currency: str
    exact: Fraction
    row: FloorRow

    @property
    def money(self) -> Money:
        """The floor for one hour."""
        return Money(self.minor_per_hour, self.currency)

    @property
    def micros_per_hour(self) -> int:
        """The floor in the unit of rates."""
        return self.minor_per_hour * MICROS


@dataclass(frozen=True, slots=True)
class FloorIn:
    """A floor in the currency of a project; `rate` is None where that is its own currency."""

    minor_per_hour: int
    currency: str
    floor: Floor
    rate: RateFound | None

    @property
    def money(self) -> Money:
        """The floor for one hour in the project's currency."""
        return Money(self.minor_per_hour, self.currency)

    @property
    def micros_per_hour(self) -> int:
        """The floor in the unit of rates."""
        return self.minor_per_hour * MICROS


@dataclass(frozen=True, slots=True)
class Held:
    """The highest floor that a person has had in a project and currency, and since when."""

    minor_per_hour: int
    floor_row: str
    since: Instant


def hourly(row: FloorRow) -> Fraction | None:
    """Minor units per hour, exact; None when the row does not say how many hours it pays for."""
    minor = Fraction(row.amount) * int(10 ** exponent(row.currency))
    if row.period == "hour":
        return minor
    if not row.hours_per_week or not row.payments_per_year:
        return None
    yearly = minor * Fraction(row.payments_per_year)
    return yearly / (Fraction(row.hours_per_week) * WEEKS_PER_YEAR)


def is_active(row: FloorRow) -> bool:
    """Tell whether a row may set a floor: approved, by name if its source is weak, and hourly."""
    if not row.approved_on or (row.source_class in _NAMED_APPROVER and not row.approved_by):
        return False
    return hourly(row) is not None


def applies(row: FloorRow, country: str, region: str, on: date) -> bool:
    """Tell whether a row is about a place on a local date (both ends of its dates included)."""
    return (
        row.country == country
        and row.region in ("", region, f"{country}-{region}")
        and row.valid_from <= on.isoformat()
        and (not row.valid_to or on.isoformat() <= row.valid_to)
    )


def floor_for(rows: Iterable[FloorRow], country: str, region: str, at: Instant) -> Floor | None:
    """Find the floor of a place at a moment; None closes the place for open projects.

    Where active rows differ in currency, the best-sourced row's currency is the one compared.
    """
    here = [row for row in rows if row.country == country]
    if not here:
        return None
    today = local_date(country, at)
    found = [
        floor
        for row in here
        if applies(row, country, region, today) and (floor := _floor_of(row)) is not None
    ]
    if not found:
        return None
    currency = min(found, key=lambda floor: (floor.row.source_class, floor.row.id)).currency
    same = [floor for floor in found if floor.currency == currency]
    return max(same, key=lambda floor: (floor.minor_per_hour, floor.row.source_class == "A"))


def floor_finder(
    rows: Iterable[FloorRow], country: str, region: str
) -> Callable[[Instant], Floor | None]:
    """Make a quick `floor_for` of one place: each local date is looked up once."""
    here = [row for row in rows if row.country == country]
    found: dict[date, Floor | None] = {}

    def find(at: Instant) -> Floor | None:
        today = local_date(country, at)
        if today not in found:
            found[today] = floor_for(here, country, region, at)
        return found[today]

    return find


def in_currency(floor: Floor, currency: str, rate: RateFound | None) -> FloorIn | None:
    """Turn a floor into a project's currency, rounded up; None when the rate for it is missing."""
    if floor.currency == currency:
        return FloorIn(floor.minor_per_hour, currency, floor, None)
    if rate is None or (rate.base, rate.quote) != (floor.currency, currency):
        return None
    minor = convert_floor(floor.minor_per_hour, floor.currency, currency, rate.value)
    return FloorIn(minor, currency, floor, rate)


def ratchet(previous: Held | None, current: Held | None) -> Held | None:
    """Keep the higher of what a person had and what the rows say now: a floor never falls.

    Neither a lower row, a row that ended or was revoked, nor a fallen exchange rate lowers it. With
    equal amounts the older stays.
    """
    if previous is None or current is None:
        return previous or current
    return current if current.minor_per_hour > previous.minor_per_hour else previous


def offer_issues(
    floor: Floor | None,
    place: str,
    rate_micros_per_hour: int,
    currency: str,
    exchange: RateFound | None = None,
) -> list[Issue]:
    """Say why a project's hourly rate may not be offered to a person of a place.

    `exchange` is the rate of the floor's currency in the project's. Only errors stand in the way;
    a warning says that the exchange rate is old.
    """
    if floor is None:
        return [Issue(place, "There is no approved wage floor for this place yet.")]
    here = in_currency(floor, currency, exchange)
    if here is None:
        message = (
            f"The floor here is in {floor.currency} and the project pays in {currency}: no "
            f"exchange rate of {floor.currency} in {currency} has been imported."
        )
        return [Issue(place, message)]
    if rate_micros_per_hour < here.micros_per_hour:
        return [Issue(place, f"The rate is below the floor of {_in_words(here)} per hour.")]
    return [] if here.rate is None else list(here.rate.issues)


def row_warnings(row: FloorRow, on: date) -> tuple[Issue, ...]:
    """Warn of a living wage that prices have overtaken: published over twelve months before."""
    if row.kind != "living":
        return ()
    known = date.fromisoformat(row.published_on or row.valid_from)
    months = (on.year - known.year) * 12 + on.month - known.month - (on.day < known.day)
    if months < LIVING_MONTHS:
        return ()
    message = f"This living wage is of {known}: look for a newer one, or add the rise in prices."
    return (Issue(row.id, message, "warning"),)


def _in_words(here: FloorIn) -> str:
    if here.rate is None:
        return str(here.money)
    return (
        f"{here.money} ({here.floor.money} at {rate_text(here.rate.value)} of {here.rate.as_of}, "
        f"{here.rate.source_title})"
    )


def local_date(country: str, at: Instant) -> date:
    """Give the calendar date in a country: the latest of its time zones' dates."""
    return _local_date(country, at // _OFFSET_STEP_MS)


def has_time_zone(country: str) -> bool:
    """Tell whether a country code is known."""
    return country in _zones()


@lru_cache(maxsize=4096)
def _local_date(country: str, quarter: int) -> date:
    seconds = quarter * _OFFSET_STEP_MS // 1000
    names: Sequence[str] = _zones().get(country, ("UTC",))
    return max(datetime.fromtimestamp(seconds, ZoneInfo(name)).date() for name in names)


@lru_cache(maxsize=1)
def _zones() -> dict[str, tuple[str, ...]]:
    """Read which zones each country has from the IANA database's own table."""
    text = (resources.files("tzdata") / "zoneinfo" / "zone1970.tab").read_text("utf-8")
    zones: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            countries, _, zone, *_ = line.split("\t")
            for country in countries.split(","):
                zones[country] = (*zones.get(country, ()), zone)
    return zones


def _floor_of(row: FloorRow) -> Floor | None:
    exact = hourly(row) if is_active(row) else None
    return None if exact is None else Floor(ceil_fraction(exact), row.currency, exact, row)
