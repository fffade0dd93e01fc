"""Which floor held for a stretch of work: of its place and moments, in the currency of its pay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fairhand.core.clock import Instant, iso
from fairhand.core.money import Money
from fairhand.pay.floors.rules import Floor, FloorIn, FloorRow, Held, floor_finder, in_currency
from fairhand.pay.fx.rules import RateBook
from fairhand.pay.statement.rules import Converted, Earned, HeldFloor

_STEP_MS: Final = 15 * 60_000  # neither a local date nor a day of UTC changes within it
KEPT: Final = "Kept from before: a floor never falls while a person takes part"


class FloorsOfPlace:
    """Finds floors of one place; every quarter of an hour is looked up once for each currency."""

    def __init__(
        self, rows: Sequence[FloorRow], country: str, region: str, rates: RateBook
    ) -> None:
        self._find = floor_finder(rows, country, region)
        self._rates = rates
        self._known: dict[tuple[str, int], HeldFloor | None] = {}
        self._interned: dict[HeldFloor, HeldFloor] = {}

    def __call__(self, earned: Earned) -> HeldFloor | None:
        """Give the higher of the floors at the two ends of a stretch; None when none is known."""
        first = self._at(earned.started_at, earned.currency)
        if earned.started_at // _STEP_MS == earned.ended_at // _STEP_MS:
            return first
        last = self._at(earned.ended_at, earned.currency)
        if first is None or last is None:
            return first or last
        return first if first.minor_per_hour > last.minor_per_hour else last

    def _at(self, at: Instant, currency: str) -> HeldFloor | None:
        key = currency, at // _STEP_MS
        if key not in self._known:
            floor = self._find(at)
            held = None if floor is None else self._held(floor, currency, at)
            self._known[key] = held if held is None else self._interned.setdefault(held, held)
        return self._known[key]

    def _held(self, floor: Floor, currency: str, at: Instant) -> HeldFloor | None:
        is_own = floor.currency == currency
        rate = None if is_own else self._rates.at(floor.currency, currency, at)
        here = in_currency(floor, currency, rate)
        return None if here is None else held_floor(here)


def held_floor(here: FloorIn) -> HeldFloor:
    """Name the source of a floor, and the rate by which it was turned into another currency."""
    rate, row = here.rate, here.floor.row
    converted = None if rate is None else Converted(rate.value, rate.as_of, rate.source_title)
    return HeldFloor(
        here.minor_per_hour,
        row.id,
        here.floor.money,
        converted,
        row.valid_from,
        row.source_title,
        row.source_url,
        row.source_class,
    )


def kept_floor(held: Held, currency: str) -> HeldFloor:
    """Name a floor that is held from before, under the wage row that once set it."""
    return HeldFloor(
        held.minor_per_hour,
        held.floor_row,
        Money(held.minor_per_hour, currency),
        None,
        iso(held.since)[:10],
        KEPT,
        "",
        "",
    )
