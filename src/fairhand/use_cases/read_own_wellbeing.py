"""What a person sees of their own wellbeing: dose, limits, consents, history. Nobody else may."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.wellbeing import own_store
from fairhand.people.wellbeing.own_rules import (
    BreakOffer,
    OwnLimits,
    as_of,
    by_day,
    effective,
    fading,
    highest,
    next_tier,
)
from fairhand.people.wellbeing.own_store import CheckIn, Consent, Seen, View
from fairhand.people.wellbeing.policy_store import load_terms
from fairhand.people.wellbeing.rules import Limits, Load, load_of
from fairhand.storage.database import Database
from fairhand.use_cases.begin_care_break import offer_of

DAYS = 28
HISTORY_DAYS = 28
HISTORY_MOST = 200


@dataclass(frozen=True, slots=True)
class OwnWellbeing:
    """All that the page of limits shows; doses in thousandths of a severity-minute."""

    cap: Limits
    limits: Limits
    own: OwnLimits
    load: Load
    days: list[int]
    chronic: list[float]
    weights: tuple[int, ...]
    max_tier: int
    next_tier: int | None
    consents: list[Consent]


@dataclass(frozen=True, slots=True)
class OwnContent:
    """How a person wants hard content shown, and what they have seen."""

    view: View
    seen: list[Seen]
    offer: BreakOffer


def read_own_wellbeing(db: Database, person_id: int, now: Instant) -> OwnWellbeing:
    """Read a person's own dose against their limits, and what they agreed to."""
    with db.read() as connection:
        terms = load_terms(connection, now)
        cap, half_life_ms = terms.limits, terms.half_life_ms
        own = as_of(own_store.load_own_limits(connection, person_id), now)
        doses = own_store.list_doses(connection, person_id, now)
        consents = own_store.list_consents(connection, person_id)
    agreed = [one.tier for one in consents if one.ended_at is None]
    return OwnWellbeing(
        cap=cap,
        limits=effective(own, cap, now),
        own=own,
        load=load_of(doses, now, half_life_ms),
        days=by_day(doses, now, DAYS),
        chronic=fading(doses, now, DAYS, half_life_ms),
        weights=terms.weights,
        max_tier=highest(agreed),
        next_tier=next_tier(agreed),
        consents=consents,
    )


def read_own_content(
    db: Database, person_id: int, now: Instant, most: int = HISTORY_MOST
) -> OwnContent:
    """Read how a person wants hard content shown, and their last four weeks of it."""
    since = Instant(now - HISTORY_DAYS * DAY_MS)
    with db.read() as connection:
        return OwnContent(
            own_store.load_view(connection, person_id),
            own_store.list_seen(connection, person_id, since, most),
            offer_of(connection, person_id, now),
        )


def read_own_check_ins(
    db: Database, person_id: int
) -> tuple[dict[str, object] | None, list[CheckIn]]:
    """Read a person's sealed key and notes, as their browser left them."""
    with db.read() as connection:
        return own_store.load_key(connection, person_id), own_store.list_check_ins(
            connection, person_id
        )
