"""Royalties in exact units: a use makes a pool, the pool is split, nothing is lost on the way.

A licensed sale gives a share of its revenue. A training run in one's own house has no sale, so it
has a deemed fee: without it royalties would always be nothing. The pool is split by up to three
keys whose parts add to a thousand: accepted seconds of work, the same for everybody, and measured
value. Value is noisy and can be gamed by rarity, so it never decides more than a fifth.

Whoever has withdrawn their grant before a use gets nothing of that use and keeps what they earned
before. Amounts are micros (millionths of a minor unit); nothing is rounded away, so that a share
too small to be paid is carried until it is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.money import LARGEST_MINOR, MICROS, split

UsageKind = Literal["licence", "training_run", "voice_minutes"]
SplitKey = Literal["seconds", "equal", "value"]
KEYS: Final[tuple[SplitKey, ...]] = ("seconds", "equal", "value")
WHOLE: Final = 1_000
VALUE_MOST: Final = 200
"""Parts of a thousand that measured value may decide at most."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a project promises its contributors for uses from `valid_from` on.

    `share_permille` is of the revenue of a licence; the fees are minor units for one training run
    and one generated minute; `yearly_floor_minor` is the least for each contributor in a calendar
    year that has a use. `split` maps keys to parts of a thousand.
    """

    version: int
    share_permille: int
    training_run_minor: int
    voice_minute_minor: int
    yearly_floor_minor: int
    split: Mapping[SplitKey, int]
    valid_from: Instant


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one person gave to what was used.

    `seconds` counts milliseconds of accepted work; `value` is a whole number on any scale, and
    below zero counts as none; `this_year_micros` is what they had of royalties this year before.
    """

    person_id: int
    seconds: int
    value: int = 0
    is_granted: bool = True
    this_year_micros: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What one person gets of a use, and what each key gave towards it, in micros."""

    person_id: int
    amount_micros: int
    why: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Divided:
    """A pool and where it went: shares and what is held add up to the pool and the yearly floor."""

    pool_micros: int
    shares: tuple[Share, ...]
    held_micros: int


def terms_in_force(all_terms: Sequence[Terms], at: Instant) -> Terms | None:
    """Find the newest terms that had begun at an instant."""
    begun = [terms for terms in all_terms if terms.valid_from <= at]
    return max(begun, key=lambda terms: terms.version, default=None)


def check_terms(terms: Terms) -> list[Issue]:
    """List what is wrong with terms."""
    issues = []
    if not 0 <= terms.share_permille <= WHOLE:
        issues.append(Issue("share_permille", "A share is from 0 to 1000 of a thousand."))
    for name in ("training_run_minor", "voice_minute_minor", "yearly_floor_minor"):
        if not 0 <= getattr(terms, name) <= LARGEST_MINOR:
            issues.append(Issue(name, "Give an amount of zero or more."))
    parts = [terms.split.get(key, 0) for key in KEYS]
    if set(terms.split) - set(KEYS) or min(parts) < 0 or sum(parts) != WHOLE:
        issues.append(Issue("split", "The parts of the split must add up to a thousand."))
    elif terms.split.get("value", 0) > VALUE_MOST:
        issues.append(
            Issue("split", f"Measured value may decide {VALUE_MOST} of a thousand at most.")
        )
    return issues


def check_usage(kind: str, quantity: int, revenue_minor: int) -> list[Issue]:
    """List what is wrong with a use that somebody wants to write down."""
    issues = []
    if not 1 <= quantity <= LARGEST_MINOR:
        issues.append(Issue("quantity", "Give a count of one or more."))
    if not 0 <= revenue_minor <= LARGEST_MINOR:
        issues.append(Issue("revenue", "Give an amount of zero or more."))
    if kind == "licence" and revenue_minor == 0:
        issues.append(Issue("revenue", "Say what the licence brought in."))
    if kind != "licence" and revenue_minor:
        issues.append(Issue("revenue", "Only a licence has revenue; the others have a set fee."))
    return issues


def pool_micros(terms: Terms, kind: UsageKind, quantity: int, revenue_minor: int) -> int:
    """Work out what a use is worth to its contributors, in micros."""
    if kind == "licence":
        return revenue_minor * MICROS * terms.share_permille // WHOLE
    fee = terms.training_run_minor if kind == "training_run" else terms.voice_minute_minor
    return quantity * fee * MICROS


def divide(pool: int, terms: Terms, given: Sequence[Contribution]) -> Divided:
    """Split a pool over those whose grant holds, and lift each to the yearly floor.

    With nobody to give it to, the pool is held, never lost. The yearly floor comes on top of the
    pool: it is the project's own promise, not taken from other contributors.
    """
    people = sorted((one for one in given if one.is_granted), key=lambda one: one.person_id)
    if not people:
        return Divided(pool, (), pool)
    weights = {key: _weights(key, people) for key in KEYS}
    asked = [terms.split.get(key, 0) if any(weights[key]) else 0 for key in KEYS]
    if not any(asked):
        asked = [0, WHOLE, 0]  # no key says anything: the same for everybody
    parts = dict(zip(KEYS, split(pool, asked), strict=True))
    gave = {
        key: split(part, weights[key]) if part else [0] * len(people) for key, part in parts.items()
    }
    shares = tuple(
        _share(one, {key: gave[key][place] for key in KEYS}, terms)
        for place, one in enumerate(people)
    )
    return Divided(pool, shares, 0)


def _weights(key: SplitKey, people: Sequence[Contribution]) -> list[int]:
    if key == "equal":
        return [1] * len(people)
    if key == "seconds":
        return [max(0, one.seconds) for one in people]
    return [max(0, one.value) for one in people]


def _share(one: Contribution, gave: Mapping[str, int], terms: Terms) -> Share:
    amount = sum(gave.values())
    missing = terms.yearly_floor_minor * MICROS - one.this_year_micros - amount
    why = {key: part for key, part in gave.items() if part}
    if missing > 0:
        why["yearly_floor"] = missing
    return Share(one.person_id, amount + max(0, missing), why)


def is_worse(before: Terms, after: Terms) -> str:
    """Name the first promise that would fall; empty when all stand or rise.

    What contributors gave, they gave under the old promise: it may rise and never fall. How it is
    split may change, because that takes from nobody what all of them were promised.
    """
    promises = ("share_permille", "training_run_minor", "voice_minute_minor", "yearly_floor_minor")
    fallen = (name for name in promises if getattr(after, name) < getattr(before, name))
    return next(fallen, "")
