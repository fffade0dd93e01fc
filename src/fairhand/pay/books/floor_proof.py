"""Prove that nobody in a pay period was below their floor, without showing anybody.

A person's ratio is what they got for their work in the period, top-ups included, over what the
floor asks for their paid hours: 1 is exactly the floor. Premiums, overtime, expenses and royalties
never help to reach it. All in exact fractions; a ratio is written rounded down, so that 0.99999
never looks like 1. Smallest, tenth percentile (nearest rank) and median are left out where fewer
than ten people stand behind them: a small group would show its members.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

SMALLEST_GROUP: Final = 10
"""With fewer people than this, figures about a group would be figures about its members."""

_DIGITS: Final = 10_000


@dataclass(frozen=True, slots=True)
class FlooredPay:
    """One person's work in one project and currency of a period.

    `got_micros` is pay for work with its top-ups; `due_exact` minor units per hour times
    milliseconds, summed over stretches; `unfloored_ms` had no known floor.
    """

    person_id: int
    project_id: int
    currency: str
    is_simulated: bool
    got_micros: int
    due_exact: int
    paid_ms: int
    unfloored_ms: int

    @property
    def ratio(self) -> Fraction | None:
        """What was got over what the floor asks; None where it asks for nothing."""
        if self.due_exact == 0:
            return None
        return Fraction(self.got_micros * 3_600_000, self.due_exact * 1_000_000)


@dataclass(frozen=True, slots=True)
class Spread:
    """How ratios lie; the three figures are None where the group is too small to show."""

    people: int
    below: int
    smallest: Fraction | None
    tenth: Fraction | None
    median: Fraction | None

    @property
    def is_shown(self) -> bool:
        """Whether the group is large enough for figures."""
        return self.smallest is not None


@dataclass(frozen=True, slots=True)
class FloorProof:
    """What a period proves: all people together, project by project, and what cannot be proven."""

    period_id: int
    everybody: Spread
    projects: tuple[tuple[int, Spread], ...]
    simulated: int
    unfloored_people: int
    unfloored_ms: int
    people: tuple[tuple[int, str, Fraction], ...]

    @property
    def somebody_below(self) -> bool:
        """Somebody is below the floor, as a whole or in some project."""
        return self.everybody.below > 0 or any(one.below for _, one in self.projects)

    @property
    def holds(self) -> bool:
        """Nobody is below, as a whole or in any project, and every paid hour had a floor."""
        return not self.somebody_below and self.unfloored_ms == 0


def prove(period_id: int, rows: Sequence[FlooredPay]) -> FloorProof:
    """Work out a period's proof from everybody's sums, each by person, project and currency."""
    projects = sorted({row.project_id for row in rows})
    whole = _whole(rows)
    return FloorProof(
        period_id=period_id,
        everybody=spread(ratio for _, _, ratio in whole),
        projects=tuple(
            (project, spread(_ratios(row for row in rows if row.project_id == project)))
            for project in projects
        ),
        simulated=len({row.person_id for row in rows if row.is_simulated}),
        unfloored_people=len({row.person_id for row in rows if row.unfloored_ms}),
        unfloored_ms=sum(row.unfloored_ms for row in rows),
        people=tuple(whole),
    )


def spread(ratios: Iterable[Fraction]) -> Spread:
    """Say how some ratios lie."""
    ordered = sorted(ratios)
    below = sum(1 for ratio in ordered if ratio < 1)
    if len(ordered) < SMALLEST_GROUP:
        return Spread(len(ordered), below, None, None, None)
    return Spread(len(ordered), below, ordered[0], _rank(ordered, 1, 10), _rank(ordered, 1, 2))


def shown(ratio: Fraction | None) -> str:
    """Write a ratio with four digits, rounded down; a dash where it is not shown."""
    if ratio is None:
        return "–"
    whole, part = divmod(ratio.numerator * _DIGITS // ratio.denominator, _DIGITS)
    return f"{whole}.{part:04d}"


def _rank(ordered: Sequence[Fraction], part: int, of: int) -> Fraction:
    """Nearest rank: the smallest value with at least `part/of` of all values at or below it."""
    return ordered[max(0, -(-len(ordered) * part // of) - 1)]


def _ratios(rows: Iterable[FlooredPay]) -> Iterable[Fraction]:
    return (row.ratio for row in rows if row.ratio is not None)


def _whole(rows: Iterable[FlooredPay]) -> list[tuple[int, str, Fraction]]:
    """Add up each person's projects in a currency."""
    got: dict[tuple[int, str], int] = {}
    due: dict[tuple[int, str], int] = {}
    for row in rows:
        place = row.person_id, row.currency
        got[place] = got.get(place, 0) + row.got_micros
        due[place] = due.get(place, 0) + row.due_exact
    return [
        (person, currency, Fraction(got[person, currency] * 3_600_000, owed * 1_000_000))
        for (person, currency), owed in sorted(due.items())
        if owed
    ]
