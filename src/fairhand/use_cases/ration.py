"""How much hard content a person may still be handed now; a part of handing out a task.

Asked only for people who agreed to some. Three limits, each the strictest of the workspace's
policy, the project's and the person's own, and rotation: after days in a row comes one without.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.systems import automated
from fairhand.people.wellbeing import own_store, policy_store, store
from fairhand.people.wellbeing.own_rules import effective
from fairhand.people.wellbeing.policy import DEFAULT, ExposureTerms
from fairhand.people.wellbeing.rules import (
    Limits,
    day_of,
    dose_left,
    hard_run,
    tier_today,
)
from fairhand.people.wellbeing.store import Carried
from fairhand.storage.database import Connection
from fairhand.work.assignment.store import Place


@dataclass(frozen=True, slots=True)
class Ration:
    """What may be handed out: up to which tier, and at most which dose; and what that rests on."""

    max_tier: int = 0
    left: int = 0
    agreed_tier: int = 0
    rests: bool = False  # rotation closes the hard tiers today
    limits: Limits = Limits()  # noqa: RUF009  # frozen
    terms: ExposureTerms = DEFAULT
    carried: Carried = Carried()  # noqa: RUF009  # frozen


NOTHING_HARD = Ration()


@automated(
    "exposure-ration",
    title="Limits on hard content",
    effect="routes",
    purpose="Hands nobody content that would pass a limit on exposure, or that they did not agree "
    "to; at a limit the time is paid as before.",
    reads=(
        "what the person was shown, when, and how hard it was by their own word",
        "the limits that they set",
        "the tiers that they agreed to",
    ),
    parameters=(
        ("limit of an hour, in severity-minutes", DEFAULT.limits.hour / 1_000, "decides alone"),
        ("limit of a day, in severity-minutes", DEFAULT.limits.day / 1_000, "decides alone"),
        ("chronic limit, in severity-minutes", DEFAULT.limits.chronic / 1_000, "decides alone"),
        ("half-life of the chronic load, in days", DEFAULT.half_life_days, "how fast it fades"),
        ("days in a row before a day without", DEFAULT.rotation_days, "decides alone"),
    ),
    oversight="The person sees every figure and sets limits of their own; the council signs the "
    "policy. Nobody may lift a limit for a person but the person, up to the policy.",
)
def ration_of(
    connection: Connection, place: Place, person_id: int, project_id: int, now: Instant
) -> Ration:
    """Work out what a person may be handed in a project; keeps their other tabs out meanwhile."""
    return ration_within(connection, place.max_tier, place.project_tier, person_id, project_id, now)


def ration_within(
    connection: Connection,
    max_tier: int,
    project_tier: int,
    person_id: int,
    project_id: int,
    now: Instant,
) -> Ration:
    """Work it out for whoever agreed to `max_tier` and has no place in the queue: a reviewer."""
    terms = policy_store.load_terms(connection, now, project_id)
    carried = store.load_carried(connection, person_id, now, terms.half_life_ms)
    limits = effective(own_store.load_own_limits(connection, person_id), terms.limits, now)
    left = dose_left(carried.doses, limits, now, terms.half_life_ms)
    run = hard_run(carried.hard_days(terms.rotation_tier), day_of(now))
    open_tier = tier_today(max_tier, run, terms.rotation_tier, terms.rotation_days)
    agreed = max_tier if max_tier >= project_tier else 0
    return Ration(
        max_tier=min(agreed, open_tier) if left else 0,
        left=left,
        agreed_tier=agreed,
        rests=open_tier < max_tier,
        limits=limits,
        terms=terms,
        carried=carried,
    )
