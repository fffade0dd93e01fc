"""How a pay policy may change: up at once, down only after notice, never below a floor; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant, iso
from fairhand.core.errors import Issue
from fairhand.core.money import MICROS, Money
from fairhand.pay.policies.rules import Policy, in_force

NOTICE_DAYS: Final = 7
"""Days between telling people of a cut and its taking effect, unless the settings say more."""
MOST_MICROS: Final = 10**15  # a billion minor units, per hour or per unit
_LONGEST_BLOCK_MS: Final = 8 * HOUR_MS
_FARTHEST_DAYS: Final = 731
_REASON: Final = (3, 500)
_LOWERED: Final = (
    ("rate_micros_per_hour", "the hourly guarantee"),
    ("hazard_micros_per_hour", "the hazard premium"),
    ("data_micros_per_hour", "what is given for data"),
    ("min_block_ms", "the minimum block"),
    ("wait_block_ms", "paid waiting"),
    ("cancel_permille", "pay for cancelled hours"),
)


@dataclass(frozen=True, slots=True)
class FloorOf:
    """The floor of the people of one place who take part, in its own currency."""

    place: str
    minor_per_hour: int
    currency: str
    source: str


def cuts(old: Policy, new: Policy) -> list[str]:
    """Name what `new` lowers for the people who are paid by `old`; empty: nothing.

    Going from time to pieces or audio at the same guarantee is no cut, because the guarantee is
    still paid for every hour; any other change of what is counted is one.
    """
    found = [words for name, words in _LOWERED if getattr(new, name) < getattr(old, name)]
    if new.basis != old.basis:
        return found if old.basis == "time" else ["what pay is counted by", *found]
    if old.basis != "time" and (new.unit_micros or 0) < (old.unit_micros or 0):
        return ["the price of a unit", *found]
    return found


def check_change(
    known: Sequence[Policy], new: Policy, now: Instant, notice_days: int = NOTICE_DAYS
) -> list[Issue]:
    """List what is wrong with a new version, all at once.

    It is held against every version that would otherwise be in force from its moment on: a raise
    that people were promised is not taken back at shorter notice than a raise they have.
    """
    issues = check_values(new)
    if new.valid_from < now:
        issues.append(Issue("valid_from", "Terms cannot hold from a moment that has passed."))
    if new.valid_from > now + _FARTHEST_DAYS * DAY_MS:
        issues.append(Issue("valid_from", "Choose a moment within two years."))
    earliest = Instant(now + max(1, notice_days) * DAY_MS)
    if lowered := lowers(known, new, before=earliest):
        what = ", ".join(lowered)
        issues.append(
            Issue(
                "valid_from",
                f"This lowers {what}. People are told {notice_days} days before: "
                f"the earliest moment is {iso(earliest)}.",
            )
        )
    return issues


def lowers(known: Sequence[Policy], new: Policy, *, before: Instant | None = None) -> list[str]:
    """Name what `new` lowers of anything that would otherwise hold after it begins.

    With `before`, only of what would hold before that moment.
    """
    found = (
        words
        for since, old in _otherwise(known, new)
        if before is None or since < before
        for words in cuts(old, new)
    )
    return list(dict.fromkeys(found))


def check_floors(new: Policy, floors: Iterable[FloorOf]) -> list[Issue]:
    """List the floors that the hourly guarantee does not reach, in the currency of the project."""
    return [
        Issue(
            "per_hour",
            f"The guarantee is below the floor of {Money(floor.minor_per_hour, floor.currency)} "
            f"an hour of people in {floor.place} ({floor.source}).",
        )
        for floor in floors
        if floor.currency == new.currency
        and new.rate_micros_per_hour < floor.minor_per_hour * MICROS
    ]


def check_values(new: Policy) -> list[Issue]:
    """List the values that no policy may have."""
    issues = []
    if new.basis not in ("time", "piece", "audio"):
        issues.append(Issue("basis", "Pay by time, piece or audio."))
    if not 0 < new.rate_micros_per_hour <= MOST_MICROS:
        issues.append(Issue("per_hour", "Guarantee more than nothing per hour."))
    if new.basis != "time" and not 0 < (new.unit_micros or 0) <= MOST_MICROS:
        what = "an answer" if new.basis == "piece" else "a minute of audio"
        issues.append(Issue("unit", f"Say what {what} earns: more than nothing."))
    for place, value in (
        ("hazard", new.hazard_micros_per_hour),
        ("data", new.data_micros_per_hour),
    ):
        if not 0 <= value <= MOST_MICROS:
            issues.append(Issue(place, "Give nothing or more per hour."))
    for place, length in (("min_block", new.min_block_ms), ("wait_block", new.wait_block_ms)):
        if not 0 <= length <= _LONGEST_BLOCK_MS:
            issues.append(Issue(place, "Choose 0 to 480 minutes."))
    if not 0 <= new.cancel_permille <= 1000:
        issues.append(Issue("cancel", "Choose 0 to 100 percent of cancelled hours."))
    if not _REASON[0] <= len(new.reason.strip()) <= _REASON[1]:
        issues.append(Issue("reason", "Give the people a reason, in 3 to 500 characters."))
    return issues


def coming(known: Sequence[Policy], now: Instant) -> list[Policy]:
    """List the versions that are still to come and that nothing newer overtakes."""
    return [
        policy
        for policy in known
        if policy.valid_from > now and in_force(known, policy.valid_from) == policy
    ]


def _otherwise(known: Sequence[Policy], new: Policy) -> list[tuple[Instant, Policy]]:
    """Give each version that would hold after `new` begins, and from when it would."""
    present = in_force(known, new.valid_from)
    found = [] if present is None else [(new.valid_from, present)]
    return found + [(policy.valid_from, policy) for policy in coming(known, new.valid_from)]
