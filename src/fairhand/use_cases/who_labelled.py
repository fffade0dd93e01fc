"""Who labelled, and at what pay: groups by country and language, none of them small.

Groups are taken as a set (`campaigns.suppression`): whatever is added to or subtracted from the
figures of groups that are shown is nobody's figure or that of ten people or more. Figures are
rounded, so that one person who joins between two releases seldom shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from fairhand.core.clock import HOUR_MS
from fairhand.people.campaigns.suppression import masks_of, rounded_down, showable
from fairhand.proof.release.conditions_store import Place
from fairhand.proof.release.croissant_words import FAIR_WORK
from fairhand.proof.release.fair_work import FEW, NOBODY, is_few, per_hour, to_floor
from fairhand.proof.release.fair_work_words import SMALLEST_GROUP
from fairhand.proof.release.rules import PersonPay

_PEOPLE_STEP: Final = 5
_HOURS_STEP: Final = 10
_DIGITS: Final = 3

Group = tuple[str, str, set[int]]
"""By what, which, and who."""


def who_labelled(
    pay: Mapping[int, PersonPay], places: Mapping[int, Place], currency: str
) -> dict[str, Any]:
    """Write the table; of people alone who were paid, by their numbers, which leave with nobody."""
    head = {"vocabulary": FAIR_WORK, "smallest_group": SMALLEST_GROUP}
    everybody = {person for person, one in pay.items() if one.paid_ms > 0}
    if not everybody:
        return {**head, "groups": [], "unknown": NOBODY}
    groups = _groups(everybody, places)
    members = [people for _, _, people in groups]
    shown = showable(masks_of(members, everybody), len(groups), SMALLEST_GROUP)
    told = [
        _told(group, pay, currency)
        for group, is_shown in zip(groups, shown, strict=True)
        if is_shown
    ]
    written = {**head, "groups": told, "groups_withheld": len(groups) - len(told)}
    return written if told else {**written, "withheld": FEW}


def shown_countries(who: Mapping[str, Any]) -> list[str]:
    """Name the countries of a table."""
    return [group["name"] for group in who["groups"] if group["by"] == "country"]


def _groups(everybody: set[int], places: Mapping[int, Place]) -> list[Group]:
    """Everybody, then countries, then languages, the largest first: those are preferred."""
    found: list[Group] = [("all", "", everybody)]
    nowhere = Place("", "", False)
    for by in ("country", "language"):
        members: dict[str, set[int]] = defaultdict(set)
        for person in everybody:
            members[getattr(places.get(person, nowhere), by)].add(person)
        ranked = sorted(members.items(), key=lambda one: (-len(one[1]), one[0]))
        found += [(by, name, people) for name, people in ranked if name]
    return found


def _told(group: Group, pay: Mapping[int, PersonPay], currency: str) -> dict[str, Any]:
    by, name, people = group
    paid = [pay[person] for person in sorted(people)]
    paid_ms = sum(one.paid_ms for one in paid)
    mean = per_hour(sum(one.amount_micros for one in paid), paid_ms, currency)
    told: dict[str, Any] = {
        "by": by,
        "name": name,
        "people": rounded_down(len(people), _PEOPLE_STEP),
        "hours_paid": rounded_down(paid_ms // HOUR_MS, _HOURS_STEP),
        "currency": currency,
        "mean_per_hour": _coarse(mean),
        "pay_to_floor_permille": to_floor(paid),
    }
    below = _below(paid)
    return (
        told
        if below is None or is_few(below) or is_few(len(paid) - below)
        else {
            **told,
            "below_floor": below,
        }
    )


def _below(paid: Sequence[PersonPay]) -> int | None:
    if any(one.floor_micros is None for one in paid):
        return None
    return sum(one.amount_micros < (one.floor_micros or 0) for one in paid)


def _coarse(amount: str) -> str:
    """An amount in three digits, rounded down."""
    exact = Decimal(amount)
    if not exact:
        return amount
    step = Decimal(1).scaleb(exact.adjusted() - _DIGITS + 1)
    places = max(step, Decimal(1).scaleb(exact.as_tuple().exponent))  # type: ignore[arg-type]
    return f"{exact.quantize(places, ROUND_DOWN):f}"
