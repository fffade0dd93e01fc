"""What a person sees of the money that is laid aside for their care. Nobody else may."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.people.wellbeing import care_store, own_store
from fairhand.people.wellbeing.care_rules import Fund, kept_until
from fairhand.people.wellbeing.care_store import Used
from fairhand.people.wellbeing.own_rules import BreakOffer
from fairhand.people.wellbeing.own_store import View
from fairhand.people.wellbeing.policy import ExposureTerms
from fairhand.people.wellbeing.policy_store import load_terms
from fairhand.storage.database import Database
from fairhand.use_cases.begin_care_break import offer_of


@dataclass(frozen=True, slots=True)
class OwnCare:
    """What is there, what was taken, until when it can be used, and whether a break is due."""

    funds: list[Fund]
    used: list[Used]
    until: Instant | None
    terms: ExposureTerms
    view: View
    offer: BreakOffer


def read_own_care(db: Database, person_id: int, now: Instant) -> OwnCare:
    """Read a person's own fund."""
    with db.read() as connection:
        return OwnCare(
            funds=care_store.list_funds(connection, person_id),
            used=care_store.list_used(connection, person_id),
            until=kept_until(
                care_store.last_seen(connection, person_id),
                care_store.takes_part(connection, person_id),
            ),
            terms=load_terms(connection, now),
            view=own_store.load_view(connection, person_id),
            offer=offer_of(connection, person_id, now),
        )
