"""What may be done with somebody's data: uses, terms, and the one question of whether a use fits.

Whatever is not in the terms is refused. The words of the uses follow the entries of the CAWG
training and data mining assertion where it has one, and go on where it stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from fairhand.core.clock import Instant

Purpose = Literal[
    "training",  # of models that recognise, sort or measure
    "evaluation",  # measuring models, never fitting them
    "generative_training",  # of models that make text, pictures or sounds
    "data_mining",
    "derived_features",  # numbers computed from the data go out, the data does not
    "raw_release",  # the file itself goes to those who hold a licence
    "voice_clone",  # a voice that sounds like this person
    "face_synthesis",  # a face that looks like this person
    "biometric_id",  # recognising this person by voice or face
]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)

Modality = Literal["voice", "face", "image", "text", "labels", "biometric_template"]
MODALITIES: Final[tuple[Modality, ...]] = get_args(Modality)

NEVER_SOLD: Final[frozenset[str]] = frozenset({"biometric_template"})
"""Modalities that no licence can hold, whatever anybody agreed to (BIPA, 740 ILCS 14/15(c))."""

WORLDWIDE: Final = "worldwide"


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that somebody wants to do: where is an ISO 3166-1 alpha-2 country."""

    purpose: str
    modality: str
    at: Instant
    place: str
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is permitted: every purpose by itself, from `starts` up to, not including, `ends`.

    `territory` holds countries, or `WORLDWIDE`; empty is nowhere. `recipients` of None is anybody
    who holds a licence; an empty set is nobody. `withdrawn` says when a purpose ended early.
    """

    modality: str
    purposes: frozenset[str]
    starts: Instant
    ends: Instant
    territory: frozenset[str]
    recipients: frozenset[str] | None = None
    withdrawn: Mapping[str, Instant] = field(default_factory=dict)


def permits(terms: Terms, use: Use) -> bool:
    """Say whether terms let a use be; default deny."""
    return not refusals(terms, use)


def refusals(terms: Terms, use: Use) -> list[str]:
    """List why terms do not let a use be, as short codes; empty when they do.

    Codes: `never_sold`, `unknown_purpose`, `modality`, `purpose`, `withdrawn`, `early`, `expired`,
    `territory`, `recipient`.
    """
    found = []
    if use.modality in NEVER_SOLD or terms.modality in NEVER_SOLD:
        found.append("never_sold")
    if use.purpose not in PURPOSES:
        found.append("unknown_purpose")
    if use.modality != terms.modality:
        found.append("modality")
    if use.purpose not in terms.purposes:
        found.append("purpose")
    ended = terms.withdrawn.get(use.purpose)
    if ended is not None and use.at >= ended:
        found.append("withdrawn")
    if use.at < terms.starts:
        found.append("early")
    if use.at >= terms.ends:
        found.append("expired")
    if WORLDWIDE not in terms.territory and use.place not in terms.territory:
        found.append("territory")
    if terms.recipients is not None and use.recipient not in terms.recipients:
        found.append("recipient")
    return found


def covers(terms: Terms, wanted: Terms) -> bool:
    """Say whether everything that `wanted` would permit is permitted by `terms` as well."""
    if not wanted.purposes or wanted.modality != terms.modality or wanted.modality in NEVER_SOLD:
        return False
    lives = wanted.purposes <= terms.purposes - set(terms.withdrawn)
    in_time = terms.starts <= wanted.starts < wanted.ends <= terms.ends
    everywhere = WORLDWIDE in terms.territory or (
        bool(wanted.territory) and wanted.territory <= terms.territory
    )
    known = terms.recipients is None or (
        wanted.recipients is not None and wanted.recipients <= terms.recipients
    )
    return lives and in_time and everywhere and known
