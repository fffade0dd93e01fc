"""An owner says what licences cost, and whether the campaign stands on the public page."""

from __future__ import annotations

from collections.abc import Mapping

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError
from fairhand.proof.licensing.rules import check_prices
from fairhand.storage.database import Database
from fairhand.use_cases.set_campaign import SetCampaign, set_campaign


def set_prices(
    db: Database,
    person_id: int,
    project_id: int,
    item_minor: Mapping[str, int],
    is_listed: bool,
    now: Instant,
) -> None:
    """Set the price of an item a year for each purpose, in minor units of the project's pay."""
    prices = {"item_minor": dict(item_minor)}
    if issues := check_prices(prices):
        raise InvalidError(issues[0].message, issues=issues)
    terms = {"prices": prices, "is_listed": is_listed}
    set_campaign(db, SetCampaign(person_id, project_id, terms), now)
