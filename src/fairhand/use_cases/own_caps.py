"""What the policy on hard content says to one person: the caps, and how an item is weighed."""

from __future__ import annotations

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.people.wellbeing.own_store import Held
from fairhand.people.wellbeing.policy import dose_of, modality_of
from fairhand.people.wellbeing.policy_store import load_terms
from fairhand.storage.database import Connection


def weighed(
    connection: Connection, held: Held, own_tier: int | None, visible_ms: int, now: Instant
) -> int:
    """Weigh an item by how hard its person found it, else by its tier."""
    terms = load_terms(connection, now, held.project_id)
    tier = held.tier if own_tier is None else own_tier
    return dose_of(tier, visible_ms, terms, modality_of(held.media_type))


def set_aside_ms(connection: Connection, held: Held, now: Instant) -> int:
    """Say how long in view was set aside for an item, by its tier."""
    a_minute = weighed(connection, held, None, MINUTE_MS, now)
    return held.dose * MINUTE_MS // a_minute if a_minute else 0
