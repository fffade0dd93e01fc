"""The floors that a project's pay must reach: of the places of the people who take part."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.pay.floors import store as floors
from fairhand.pay.floors.rules import FloorRow, floor_for, in_currency
from fairhand.pay.fx import store as fx
from fairhand.pay.fx.rules import RateBook
from fairhand.pay.policies import work_store as work
from fairhand.pay.policies.changing import FloorOf
from fairhand.storage.database import Connection

RATES_SINCE_MS: Final = 40 * DAY_MS
"""How old an exchange rate may be that a floor is compared by."""


def floors_of_project(
    connection: Connection, project_id: int, currency: str, now: Instant
) -> list[FloorOf]:
    """List the floors in force for a project's people, in its currency where a rate is known.

    A floor that somebody has had in the project before and that is higher is one of them.
    """
    rates = fx.load_book(connection, Instant(now - RATES_SINCE_MS), now)
    found = [
        floor
        for country, region in work.list_places(connection, project_id)
        if (
            floor := floor_of_place(
                floors.load_rows(connection, country), rates, country, region, currency, now
            )
        )
    ]
    kept = work.highest_ratchet(connection, project_id, currency)
    if kept:
        found.append(FloorOf("this project", kept, currency, "kept from before"))
    return found


def floor_of_place(
    rows: list[FloorRow],
    rates: RateBook,
    country: str,
    region: str,
    currency: str,
    now: Instant,
) -> FloorOf | None:
    """Find the floor of a place in a currency; in its own where no rate is known."""
    floor = floor_for(rows, country, region, now)
    if floor is None:
        return None
    place = f"{country} {region}".strip()
    is_own = floor.currency == currency
    here = in_currency(floor, currency, None if is_own else rates.at(floor.currency, currency, now))
    if here is None:
        return FloorOf(place, floor.minor_per_hour, floor.currency, floor.row.source_title)
    return FloorOf(place, here.minor_per_hour, currency, floor.row.source_title)
