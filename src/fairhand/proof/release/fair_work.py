"""The conditions of the work behind a release, summed up so that no figure is about a few; pure.

A figure about fewer than ten people is withheld, and where what is left could be told by
subtraction, one more figure is withheld with it (complementary suppression: Cox 1980, JASA 75).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from fairhand.core.clock import HOUR_MS
from fairhand.core.money import MICROS, Money
from fairhand.proof.release.croissant_words import FAIR_WORK
from fairhand.proof.release.fair_work_words import SMALLEST_GROUP
from fairhand.proof.release.rules import PersonPay, minutes

Name = TypeVar("Name", str, int)

FEW: Final = f"fewer than {SMALLEST_GROUP} people"
NOBODY: Final = "nobody but simulated contributors took part, or no paid time was recorded"
KINDS: Final = {
    "annotate": "work",
    "read": "reading",
    "wait": "waiting",
    "train": "training",
    "qualify": "qualifying",
    "appeal": "appeals",
    "fault": "faults of the system",
    "break": "breaks",
}
"""What paid time is for, in the words of a card; checking others' answers is work too."""


@dataclass(frozen=True, slots=True)
class FloorSource:
    """Where the floor of a country comes from, and how many people it is for."""

    country: str
    title: str
    url: str
    kind: str
    people: int


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is known of the people of a release, by a number that leaves with nobody.

    `people` are those who were paid, who did not withdraw and are not simulated; what is known of
    others is not in here. `withdrawn` counts those who withdrew.
    """

    currency: str
    pay: Sequence[PersonPay] = ()
    hours: Sequence[tuple[int, str, int]] = ()
    exposure: Sequence[tuple[int, int, int, int]] = ()
    skips: Mapping[int, int] = field(default_factory=dict)
    decisions: Mapping[int, int] = field(default_factory=dict)
    appeals: Sequence[tuple[int, str, int]] = ()
    granted: int = 0
    withdrawn: int = 0
    sources: Sequence[FloorSource] = ()
    royalties: Mapping[str, Any] | None = None

    @property
    def people(self) -> int:
        """How many people were paid."""
        return sum(one.paid_ms > 0 for one in self.pay)


def fair_work_facts(known: Conditions) -> dict[str, Any]:
    """Sum up the conditions of the work in the words of the vocabulary."""
    return {
        "vocabulary": FAIR_WORK,
        "smallest_group": SMALLEST_GROUP,
        "pay": _of_everybody(known, _pay(known)),
        "hours": _of_everybody(known, _hours(known)),
        "floors": _of_everybody(known, _floors(known)),
        "exposure": _of_everybody(known, _exposure(known)),
        "skips": _of_everybody(known, _events(known.skips, {"skipped": sum(known.skips.values())})),
        "consent": _of_everybody(known, _consent(known)),
        "appeals": _of_everybody(known, _appeals(known)),
        "royalties": dict(known.royalties)
        if known.royalties
        else {"unknown": "no royalty terms were in force"},
    }


def per_hour(micros: int, paid_ms: int, currency: str) -> str:
    """Pay for an hour, rounded down so that it never looks better than it was."""
    return Money(micros * HOUR_MS // paid_ms // MICROS, currency).decimal()


def is_few(people: int) -> bool:
    """Say whether a figure is about somebody, and about too few to be told."""
    return 0 < people < SMALLEST_GROUP


def _of_everybody(known: Conditions, section: dict[str, Any]) -> dict[str, Any]:
    if known.people == 0:
        return {"unknown": NOBODY}
    return {"withheld": FEW} if is_few(known.people) else section


def _pay(known: Conditions) -> dict[str, Any]:
    paid = [one for one in known.pay if one.paid_ms > 0]
    if not paid:
        return {}
    ranked = sorted(paid, key=lambda one: one.amount_micros * HOUR_MS // one.paid_ms)
    named = {"least": 0, "lower_quartile": 1, "median": 2, "upper_quartile": 3, "most": 4}
    told: dict[str, Any] = {"people": len(paid), "currency": known.currency}
    for name, quarter in named.items():
        one = ranked[(len(ranked) - 1) * quarter // 4]
        told[f"{name}_per_hour"] = per_hour(one.amount_micros, one.paid_ms, known.currency)
    told["pay_to_floor_permille"] = to_floor(paid)
    settled = [one for one in paid if one.floor_micros is not None]
    above = sum(one.amount_micros >= (one.floor_micros or 0) for one in settled)
    counts = {
        "at_or_above_floor": above,
        "below_floor": len(settled) - above,
        "floor_unknown": len(paid) - len(settled),
    }
    if any(map(is_few, counts.values())):
        return told | {"withheld": f"how many are above their floor: {FEW} in a part"}
    return told | counts


def to_floor(paid: Sequence[PersonPay]) -> int | None:
    """All pay by what the floors ask for the same time, in 1/1000; None while one is not known."""
    floors = [one.floor_micros for one in paid if one.floor_micros is not None]
    if len(floors) < len(paid) or not sum(floors):
        return None
    return sum(one.amount_micros for one in paid) * 1000 // sum(floors)


def _hours(known: Conditions) -> dict[str, Any]:
    by_kind: dict[str, dict[int, int]] = defaultdict(dict)
    for person, activity, paid_ms in known.hours:
        if paid_ms > 0:
            by_kind[KINDS.get(activity, activity)][person] = paid_ms
    shown = _showable({kind: set(people) for kind, people in by_kind.items()})
    told: dict[str, Any] = {
        "by_kind": [
            {
                "kind": kind,
                "minutes": minutes(sum(by_kind[kind].values())),
                "people": len(by_kind[kind]),
            }
            for kind in shown
        ]
    }
    return told if len(shown) == len(by_kind) else told | {"withheld": f"other kinds: {FEW}"}


def _floors(known: Conditions) -> dict[str, Any]:
    told = [
        {"country": one.country, "title": one.title, "url": one.url, "kind": one.kind}
        for one in known.sources
        if one.people >= SMALLEST_GROUP
    ]
    if len(told) == len(known.sources):
        return {"sources": told} if told else {"unknown": "no floor of these places is known"}
    return {"sources": told, "withheld": f"other countries: {FEW}"}


def _exposure(known: Conditions) -> dict[str, Any]:
    by_tier: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for person, tier, visible_ms, items in known.exposure:
        by_tier[tier][person] = (visible_ms, items)
    shown = _showable({tier: set(people) for tier, people in by_tier.items()})
    told: dict[str, Any] = {
        "by_tier": [
            {
                "tier": tier,
                "minutes": minutes(sum(ms for ms, _ in by_tier[tier].values())),
                "items": sum(items for _, items in by_tier[tier].values()),
                "people": len(by_tier[tier]),
            }
            for tier in shown
        ]
    }
    return told if len(shown) == len(by_tier) else told | {"withheld": f"other tiers: {FEW}"}


def _consent(known: Conditions) -> dict[str, Any]:
    without = known.people - known.granted
    told: dict[str, Any] = {"people": known.people}
    if is_few(without):
        return told | {"withheld": f"how many have a grant: {FEW} have none"}
    told["granted"] = known.granted
    if is_few(known.withdrawn):
        return told | {"withheld": f"how many withdrew: {FEW}"}
    return told | {"withdrawn": known.withdrawn}


def _appeals(known: Conditions) -> dict[str, Any]:
    told = _events(known.decisions, {"decisions": sum(known.decisions.values())})
    if "withheld" in told:
        return told
    by_state: dict[str, dict[int, int]] = defaultdict(dict)
    for person, state, count in known.appeals:
        by_state[state][person] = count
    names = {"upheld": "upheld", "declined": "declined", "silent": "unanswered", "open": "open"}
    told["appealed"] = sum(sum(people.values()) for people in by_state.values())
    everybody = {person for people in by_state.values() for person in people}
    if is_few(len(everybody)):
        del told["appealed"]
        return told | {"withheld": f"appeals: {FEW}"}
    if any(is_few(len(people)) for people in by_state.values()):
        return told | {"withheld": f"what came of appeals: {FEW} in a part"}
    return told | {
        names[state]: sum(by_state[state].values()) if state in by_state else 0 for state in names
    }


def _events(by_person: Mapping[int, int], told: dict[str, Any]) -> dict[str, Any]:
    """Tell events of nobody or of enough people."""
    return {"withheld": FEW} if is_few(len(by_person)) else told


def _showable(groups: Mapping[Name, set[int]]) -> list[Name]:
    """Name the parts that may be told: enough people in each, and in all that is left out."""
    shown = [name for name in sorted(groups) if len(groups[name]) >= SMALLEST_GROUP]
    while shown:
        hidden: set[int] = set().union(*(groups[one] for one in groups if one not in shown))
        if not is_few(len(hidden)):
            break
        shown.remove(min(shown, key=lambda name: (len(groups[name]), str(name))))
    return shown
