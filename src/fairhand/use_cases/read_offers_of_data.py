"""Anybody reads what people permit to be licensed, and what a wish would bring and cost."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.people.campaigns import store as campaigns
from fairhand.proof.licensing.rules import Quote, Wish, check_wish
from fairhand.storage.database import Database
from fairhand.use_cases.licence_offer import Offer, load_offer, quote_for

_USUAL_DAYS = 90


@dataclass(frozen=True, slots=True)
class Listed:
    """A campaign on the public page, with what is there for its first purpose."""

    offer: Offer
    wish: Wish
    quote: Quote


def list_offers_of_data(db: Database, now: Instant) -> list[Listed]:
    """List the campaigns whose owners put them on the public page."""
    found = []
    with db.read() as connection:
        for campaign in campaigns.list_campaigns(connection, only_listed=True):
            try:
                offer = load_offer(connection, campaign.project_id, only_listed=True)
            except NotFoundError:
                continue
            wish = usual_wish(offer)
            found.append(Listed(offer, wish, quote_for(connection, offer, wish, now)))
    return found


def read_offer_of_data(
    db: Database, project_id: int, wish: Wish | None, now: Instant
) -> tuple[Offer, Wish, Quote]:
    """Reckon one wish; without one, the usual. Raises InvalidError for what cannot be asked."""
    with db.read() as connection:
        offer = load_offer(connection, project_id, only_listed=True)
        wish = wish or usual_wish(offer)
        if issues := check_wish(wish, offer.purposes):
            raise InvalidError(issues[0].message, issues=issues)
        return offer, wish, quote_for(connection, offer, wish, now)


def usual_wish(offer: Offer) -> Wish:
    """Start with one purpose, for a few months, everywhere that people were asked for."""
    days = min(_USUAL_DAYS, offer.longest_days)
    return Wish(offer.purposes[:1], offer.territories, days)
