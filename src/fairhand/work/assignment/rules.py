"""Rules of the lease queue: pure, no database, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fairhand.core.clock import DAY_MS, MINUTE_MS, Instant
from fairhand.core.words import later as _

Hold = Literal["online", "offline"]
Wait = Literal[
    "nothing_free",
    "paused",
    "closed",
    "unfunded",
    "outside_hours",
    "holding_enough",
    "at_limit",
    "rest",
]

ONLINE_HELD_MAX = 2
"""The task on screen and the one fetched ahead."""

_WORDS: dict[Wait, str] = {
    "nothing_free": _(
        "There is nothing for you to do in this project right now. "
        "We look again by ourselves. Waiting is paid too, up to the time this project promises for "
        "it; you need not stay longer."
    ),
    "paused": _("This project is paused by its owner. Finished work is kept and paid."),
    "closed": _("This project is finished. Thank you: finished work is kept and paid."),
    "unfunded": _(
        "The money set aside for this project is used up, so no new tasks are handed out. "
        "Everything you have done is paid."
    ),
    "outside_hours": _("It is outside the hours you chose to work. You can change them any time."),
    "holding_enough": _(
        "You already hold as many tasks as one person may at a time. "
        "Submit or skip one to get the next."
    ),
    "rest": _(
        "You have done a full day's work: no new task starts before you have rested. Anything "
        "you still hold can be finished and is paid. See you after your rest."
    ),
    "at_limit": _("You have reached the limit you set for this kind of content."),
}


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """How long tasks may be held and how many at once."""

    online_ttl_ms: int
    offline_ttl_ms: int
    offline_max: int


def words_for(wait: Wait) -> str:
    """Say in a sentence why there is no task, and what happens now."""
    return _WORDS[wait]


def permitted_at(now: Instant, hours_from_min: int | None, hours_to_min: int | None) -> bool:
    """Say whether `now` lies in the person's own hours (minutes after 00:00 UTC; may wrap)."""
    if hours_from_min is None or hours_to_min is None or hours_from_min == hours_to_min:
        return True
    minute = now % DAY_MS // MINUTE_MS
    if hours_from_min < hours_to_min:
        return hours_from_min <= minute < hours_to_min
    return minute >= hours_from_min or minute < hours_to_min


def why_wait(
    *,
    mode: str,
    now: Instant,
    hours: tuple[int | None, int | None],
    left_micros: int | None,
    rest_until: Instant | None = None,
) -> Wait | None:
    """Say why nobody may be handed a task just now, or None when they may."""
    if mode in ("paused", "closed"):
        return "paused" if mode == "paused" else "closed"
    if rest_until is not None and now < rest_until:
        return "rest"
    if not permitted_at(now, *hours):
        return "outside_hours"
    if left_micros is not None and left_micros <= 0:
        return "unfunded"
    return None


def may_hold_more(on_hand: int, held: int, hold: Hold, tier: int, terms: LeaseTerms) -> bool:
    """Say whether one more lease is allowed; offline batches are for harmless content only.

    `on_hand` leaves out what the person says is answered or on screen; `held` is all of it, so
    that nobody keeps a queue to themselves by saying so.
    """
    if held >= terms.offline_max + ONLINE_HELD_MAX:
        return False
    if hold == "offline":
        return tier == 0 and on_hand < terms.offline_max
    return on_hand < ONLINE_HELD_MAX


def expires_at(now: Instant, hold: Hold, terms: LeaseTerms) -> Instant:
    """Say when a lease taken or renewed now lapses."""
    return Instant(now + (terms.offline_ttl_ms if hold == "offline" else terms.online_ttl_ms))


def retry_after_s(held_nothing_since_ms: int) -> int:
    """Ask again soon at first, then more calmly: 3 s up to 30 s."""
    return max(3, min(30, held_nothing_since_ms // 4_000))
