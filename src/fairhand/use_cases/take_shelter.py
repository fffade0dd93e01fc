"""At a limit there is safe work at the same pay, or none and the time is paid all the same.

A part of handing out a task. What is written down is the person's own; time without work is paid
as waiting, by the same events, so that nobody who reads them can tell one from the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, MINUTE_MS, Instant
from fairhand.pay.policies import store as policies
from fairhand.people.wellbeing import shelter_store as shelters
from fairhand.people.wellbeing.rules import day_of, frees_at
from fairhand.people.wellbeing.shelter_store import Kind, NewShelter
from fairhand.storage.database import Connection
from fairhand.use_cases.ration import Ration
from fairhand.work.assignment import hard_store
from fairhand.work.assignment.store import Place

RETRY_S: Final = 60
_LOOKS_BACK_MS: Final = 2 * DAY_MS


@dataclass(frozen=True, slots=True)
class AtLimit:
    """What a person is told at a limit, and how much more waiting is paid from now on."""

    message: str
    paid_ms: int
    is_new: bool = False
    retry_after_s: int = RETRY_S


def take_shelter(
    connection: Connection,
    place: Place,
    ration: Ration,
    person_id: int,
    project_id: int,
    now: Instant,
) -> AtLimit | None:
    """Shelter a person whom only a limit keeps from work; None where there is nothing to do."""
    held_back = hard_store.find_held_back(connection, person_id, project_id, ration.agreed_tier)
    if held_back is None:
        return None
    until = _until(ration, *held_back, now)
    if until is None:
        return AtLimit(_TOO_HEAVY, 0)
    safe = hard_store.list_safe(connection, person_id, project_id)
    found = shelters.find_open(
        connection, person_id, project_id, Instant(now - _LOOKS_BACK_MS), now
    )
    if found is not None:
        paid_ms = found.ends_at - now if found.kind == "stand_down" else 0
        return AtLimit(_words(found.kind, safe, found.ends_at, now), paid_ms)
    kind = _kind(ration, held_back[0], safe)
    ends_at = _ends_at(connection, ration, kind, person_id, until, now)
    if ends_at <= now:
        return AtLimit(_WAITED, 0)
    rate = place.rate_micros_per_hour
    policy = policies.load_policy_at(connection, project_id, now)
    new = NewShelter(
        person_id=person_id,
        project_id=project_id,
        kind=kind,
        safe_project_id=safe[0][0] if kind == "safe_work" else None,
        rate_micros_per_hour=rate + (policy.hazard_micros_per_hour if policy else 0),
        currency=place.currency,
        started_at=now,
        ends_at=ends_at,
    )
    shelters.open_shelter(connection, new)
    paid_ms = ends_at - now if kind == "stand_down" else 0
    return AtLimit(_words(kind, safe, ends_at, now), paid_ms, is_new=True)


def _until(ration: Ration, tier: int, dose: int, now: Instant) -> Instant | None:
    """Say when the next item fits again; None where it is heavier than a limit by itself."""
    terms = ration.terms
    if ration.rests and tier >= terms.rotation_tier:
        return Instant((day_of(now) + 1) * DAY_MS)
    return frees_at(ration.carried.doses, ration.limits, dose, now, terms.half_life_ms)


def _kind(ration: Ration, tier: int, safe: list[tuple[int, str]]) -> Kind:
    if ration.rests and tier >= ration.terms.rotation_tier:
        return "recovery"
    return "safe_work" if safe else "stand_down"


def _ends_at(
    connection: Connection,
    ration: Ration,
    kind: Kind,
    person_id: int,
    until: Instant,
    now: Instant,
) -> Instant:
    """A day of recovery is a whole day; a stand-down is paid for as long as the policy says."""
    if kind == "recovery":
        tomorrow = Instant((day_of(now) + 1) * DAY_MS)
        has = shelters.has_recovery(connection, person_id, tomorrow)
        return now if has else tomorrow
    if kind == "safe_work":
        return min(until, Instant(now + DAY_MS))
    used = shelters.stood_down_ms(connection, person_id, Instant(now - DAY_MS))
    return min(until, Instant(now + max(0, ration.terms.stand_down_ms - used)))


def _words(kind: Kind, safe: list[tuple[int, str]], ends_at: Instant, now: Instant) -> str:
    minutes = max(1, (ends_at - now + MINUTE_MS - 1) // MINUTE_MS)
    titles = " or ".join(f"“{title}”" for _, title in safe)
    if kind == "recovery":
        words = "Today is a day without hard content, after several days with it. "
        words += "It is paid as the days before were, also when you take it off."
        return f"{words} If you would rather work: {titles}." if safe else words
    if kind == "safe_work" and safe:
        return (
            "That is enough of this content for now. There is harmless work for you at the same "
            f"pay as here: {titles}, from your home page."
        )
    return (
        f"That is enough of this content for now. For up to {minutes} minutes your time is paid "
        "at the same rate; you need do nothing and need not stay at the screen."
    )


_TOO_HEAVY: Final = (
    "What is left here is heavier than the limits that hold for you, so none of it is shown to "
    "you. Waiting is paid, up to the time this project promises for it; you need not stay longer."
)
_WAITED: Final = (
    "That is enough of this content for today. Waiting is paid too, up to the time this project "
    "promises for it; you need not stay longer."
)
