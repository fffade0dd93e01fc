"""Templates of voices and faces: when one may be made or used, and when it must be gone; pure.

A template is numbers that would recognise somebody again. It is made under a grant whose purpose
`biometric_id` is alive, used for its own person alone, never in a release or a licence, and ends
by itself: on the earliest of its purpose met, the grant's end, and the law pack's number of days
after the person's last interaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from fairhand.core.clock import DAY_MS, Instant
from fairhand.model.licence import WORLDWIDE, Terms, Use, permits

Kind = Literal["voiceprint", "face"]
KINDS: Final[dict[str, Kind]] = {"voice": "voiceprint", "face": "face"}
"""What a template of a modality is called."""

PURPOSE: Final = "biometric_id"
LOOK_UPS_A_DAY: Final = 30
"""So many files somebody can look up within 24 hours; everybody's own limit."""

LIKE: Final = 0.35
MAYBE: Final = 0.50
"""Distances of voices below which a file is said to sound, or perhaps to sound, like somebody."""

WHY_GONE: Final = {
    "asked": "You destroyed it.",
    "replaced": "A newer one took its place.",
    "purpose_ended": "You ended being recognised, or the time you gave it for was over.",
    "nothing_left": "Nothing of yours is left that it could help to find.",
    "retention": "You had not used it for as long as it may be kept.",
}
"""Why a template was destroyed, in words for its person."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it is known without being opened; `why_destroyed` is of `WHY_GONE`."""

    id: int
    person_id: int
    project_id: int
    grant_id: int
    kind: str
    method: str
    created_at: Instant
    last_met_at: Instant
    destroy_by: Instant
    destroyed_at: Instant | None = None
    why_destroyed: str | None = None


def destroy_by(last_met_at: Instant, most_days: int, grant_ends: Instant) -> Instant:
    """Say when a template is gone at the latest: the earlier of the grant's end and the law's.

    `most_days` counts from the person's last interaction (740 ILCS 14/15(a): three years).
    """
    return Instant(min(last_met_at + most_days * DAY_MS, grant_ends))


def may_recognise(terms: Terms, modality: str, at: Instant) -> bool:
    """Say whether somebody may be recognised here, for themselves: no place, no recipient."""
    here = replace(terms, territory=frozenset({WORLDWIDE}), recipients=None)
    return permits(here, Use(PURPOSE, modality, at, place=""))


def why_gone(
    template: Template, terms: Terms | None, gives_still: bool, most_days: int, now: Instant
) -> str | None:
    """Say why a template must be gone by now; None while it may live.

    `terms` are those of its grant (None: there is none), `gives_still` says whether anything the
    person gave there is left, `most_days` is what the campaign's law pack allows today.
    """
    modality = next(name for name, kind in KINDS.items() if kind == template.kind)
    if terms is None or not may_recognise(terms, modality, now):
        return "purpose_ended"
    if not gives_still:
        return "nothing_left"
    latest = min(template.destroy_by, destroy_by(template.last_met_at, most_days, terms.ends))
    return "retention" if now >= latest else None


def verdict(distance: float) -> str:
    """Say in one word what a distance of voices means: `like`, `maybe` or `unlike`."""
    if distance < LIKE:
        return "like"
    return "maybe" if distance < MAYBE else "unlike"
