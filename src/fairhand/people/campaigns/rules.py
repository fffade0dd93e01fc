"""What a campaign collects, what people say of themselves, and which cells must be filled; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.model.licence import MODALITIES, NEVER_SOLD

ATTRIBUTES: Final = ("language", "region", "device", "environment", "age_band")
"""What people may say of themselves for a campaign, and what a cell may ask for."""

DEVICES: Final = ("phone", "tablet", "computer", "headset", "camera", "other")
ENVIRONMENTS: Final = ("quiet_room", "home", "office", "street", "vehicle", "outdoors", "other")
AGE_BANDS: Final = ("under_18", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "device": DEVICES,
    "environment": ENVIRONMENTS,
    "age_band": AGE_BANDS,
}

HIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "faces": ("blur", "pixelate", "fill"),
    "plates": ("blur", "pixelate", "fill"),
    "text": ("placeholders",),
    "voice": ("mcadams",),
}
"""What can be made unrecognisable before anybody else sees it, and the ways to do it."""

CHECKS: Final = (
    "language",
    "least_seconds",
    "most_seconds",
    "quietest_db",
    "loudest_db",
    "least_signal_to_noise_db",
    "least_pixels",
)
"""What a contribution can be asked to be; what is not said is not asked."""

CHANGEABLE: Final = (
    "modalities",
    "anonymise",
    "law_pack",
    "retention_days",
    "least_age",
    "smallest_cell",
    "epsilon",
    "checks",
    "prices",
    "is_listed",
)
"""What an owner says of a campaign."""

BROUGHT_BY: Final[Mapping[str, str]] = {
    "voice": "recording",
    "face": "photo",
    "image": "photo",
    "text": "text",
}
"""Which kind of question brings in what."""

NEVER: Final = Instant(0)
LEAST_CELL: Final = 2
USUAL_CELL: Final = 10
MOST_CELLS: Final = 200
MOST_RETENTION_DAYS: Final = 3_650
LEAST_AGE: Final = 13
LEAST_EPSILON: Final = 0.01
MOST_EPSILON: Final = 10.0

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}\Z")
_LENGTHS: Final = {"language": 35, "region": 40}


@dataclass(frozen=True, slots=True)
class Campaign:
    """A project that collects what people give of themselves, and on which terms.

    `anonymise` says what is hidden and how (see `HIDE`), `checks` what a contribution must be (see
    `CHECKS`), `prices` what licences cost. Groups of people smaller than `smallest_cell` are never
    shown; with an `epsilon`, counts of people are noised too.
    """

    project_id: int
    modalities: tuple[str, ...]
    anonymise: Mapping[str, str] = field(default_factory=dict)
    law_pack: str = "eu"
    retention_days: int = 730
    least_age: int = 18
    smallest_cell: int = USUAL_CELL
    epsilon: float | None = None
    checks: Mapping[str, Any] = field(default_factory=dict)
    prices: Mapping[str, Any] = field(default_factory=dict)
    is_listed: bool = False
    taken_to: int = 0
    changed_at: Instant = NEVER


@dataclass(frozen=True, slots=True)
class Profile:
    """What somebody says of themselves for one campaign; empty is "not said"."""

    language: str = ""
    region: str = ""
    device: str = ""
    environment: str = ""
    age_band: str = ""

    def said(self) -> dict[str, str]:
        """Give what was said, without what was not."""
        every = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in every.items() if value}


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the picture: who it is about, and how many contributions it needs."""

    id: int
    name: str
    attributes: Mapping[str, str]
    target: int


def profile_of(said: Mapping[str, Any]) -> Profile:
    """Read a profile from a form or a body: spaces trimmed, unknown fields left alone."""
    return Profile(**{name: str(said.get(name) or "").strip() for name in ATTRIBUTES})


def check_profile(profile: Profile) -> list[Issue]:
    """List what is wrong with what somebody says of themselves; nothing said is fine."""
    return _wrong_values(profile.said())


def check_campaign(campaign: Campaign, law_packs: Sequence[str]) -> list[Issue]:
    """List everything that keeps a campaign from being one."""
    return [
        *_wrong_modalities(campaign.modalities),
        *_wrong_hiding(campaign.anonymise),
        *_wrong_numbers(campaign),
        *_wrong_checks(campaign.checks),
        *(
            []
            if campaign.law_pack in law_packs
            else [Issue("law_pack", f"Choose one of {', '.join(law_packs)}.")]
        ),
    ]


def check_cells(cells: Sequence[Cell]) -> list[Issue]:
    """List what is wrong with cells, each with its place."""
    issues = []
    if len(cells) > MOST_CELLS:
        issues.append(Issue("cells", f"At most {MOST_CELLS} cells make a picture."))
    names = [cell.name for cell in cells]
    shapes = [tuple(sorted(cell.attributes.items())) for cell in cells]
    for place, cell in enumerate(cells):
        where = f"cells.{place}"
        if not cell.name.strip() or len(cell.name) > 100:
            issues.append(Issue(f"{where}.name", "Give the cell a name of 100 signs at most."))
        if names.count(cell.name) > 1:
            issues.append(Issue(f"{where}.name", f"Two cells are called {cell.name!r}."))
        if not cell.attributes:
            issues.append(Issue(f"{where}.attributes", "Say who the cell is about."))
        elif shapes.count(shapes[place]) > 1:
            issues.append(Issue(f"{where}.attributes", "Two cells are about the same people."))
        if cell.target < 1:
            issues.append(Issue(f"{where}.target", "Ask for one contribution or more."))
        issues += _wrong_values(cell.attributes, f"{where}.attributes.")
    return issues


def belongs(said: Mapping[str, str], attributes: Mapping[str, str]) -> bool:
    """Say whether somebody who said this of themselves belongs to a cell."""
    return all(
        said.get(name, "").casefold() == value.casefold() for name, value in attributes.items()
    )


def _wrong_values(said: Mapping[str, str], where: str = "") -> list[Issue]:
    issues = []
    for name, value in said.items():
        place = f"{where}{name}"
        if name not in ATTRIBUTES:
            issues.append(Issue(place, f"Use {', '.join(ATTRIBUTES)}."))
        elif name in CHOICES and value not in CHOICES[name]:
            issues.append(Issue(place, f"Choose one of {', '.join(CHOICES[name])}."))
        elif name == "language" and not _LANGUAGE.match(value):
            issues.append(Issue(place, "Write a language as a code: sw, en-KE, fr."))
        elif len(value) > _LENGTHS.get(name, 20) or not value.isprintable():
            issues.append(Issue(place, f"Use {_LENGTHS.get(name, 20)} plain signs at most."))
    return issues


def _wrong_modalities(modalities: Sequence[str]) -> list[Issue]:
    if not modalities:
        return [Issue("modalities", "Say what is collected: voice, face, image or text.")]
    issues = []
    if len(set(modalities)) != len(modalities):
        issues.append(Issue("modalities", "Name each thing once."))
    if unknown := set(modalities) - set(MODALITIES):
        issues.append(Issue("modalities", f"{min(unknown)} is nothing that can be collected."))
    if set(modalities) & NEVER_SOLD:
        words = (
            "Templates that recognise a person are never collected for a data set: "
            "collect voice or face."
        )
        issues.append(Issue("modalities", words))
    return issues


def _wrong_hiding(anonymise: Mapping[str, str]) -> list[Issue]:
    issues = []
    for what, how in anonymise.items():
        if what not in HIDE:
            issues.append(Issue(f"anonymise.{what}", f"Only {', '.join(HIDE)} can be hidden."))
        elif how not in HIDE[what]:
            issues.append(Issue(f"anonymise.{what}", f"Choose one of {', '.join(HIDE[what])}."))
    return issues


def _wrong_numbers(campaign: Campaign) -> list[Issue]:
    issues = []
    if not 1 <= campaign.retention_days <= MOST_RETENTION_DAYS:
        words = f"Keep contributions 1 to {MOST_RETENTION_DAYS} days."
        issues.append(Issue("retention_days", words))
    if not LEAST_AGE <= campaign.least_age <= 120:
        words = f"Ask for an age of {LEAST_AGE} or more; younger people's data is not collected."
        issues.append(Issue("least_age", words))
    if not LEAST_CELL <= campaign.smallest_cell <= 1_000:
        words = (
            f"Hide groups smaller than a number from {LEAST_CELL} to 1000; {USUAL_CELL} is usual."
        )
        issues.append(Issue("smallest_cell", words))
    if campaign.epsilon is not None and not LEAST_EPSILON <= campaign.epsilon <= MOST_EPSILON:
        words = f"Epsilon is a number from {LEAST_EPSILON} to {MOST_EPSILON}; 1 is usual."
        issues.append(Issue("epsilon", words))
    return issues


def _wrong_checks(checks: Mapping[str, Any]) -> list[Issue]:
    issues = []
    for name, value in checks.items():
        place = f"checks.{name}"
        if name not in CHECKS:
            issues.append(Issue(place, f"Checks are {', '.join(CHECKS)}."))
        elif name == "language":
            issues += _wrong_values({"language": str(value)}, "checks.")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            issues.append(Issue(place, "Write a number."))
    for low, high in (("least_seconds", "most_seconds"), ("quietest_db", "loudest_db")):
        bounds = [checks.get(low), checks.get(high)]
        if all(isinstance(one, int | float) for one in bounds) and bounds[0] >= bounds[1]:  # type: ignore[operator]
            issues.append(Issue(f"checks.{high}", "The upper bound lies above the lower one."))
    return issues
