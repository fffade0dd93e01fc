"""Top-up of one person for one pay period: gross = max(accrued, floor * paid hours), exactly.

Evaluated per person, never by a median over people: task times are skewed and people differ, so
a median rule leaves most of them below the floor. Evaluated per project too, because each project
pays from its own escrow: none may hide pay below the floor behind another's better rate. Every
stretch is due the higher of its floor and its hourly guarantee. Fractions inside; the top-up itself
is rounded up to a whole minor unit, so gross / paid hours >= floor holds without any tolerance, for
each project and so for the whole.

Only pay for work enters: time, pieces, minutes of audio, and corrections of time. Premiums,
overtime, expenses, royalties, a minimum block and pay for cancelled hours come on top of the floor
and never help to reach it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from fairhand.core.clock import HOUR_MS
from fairhand.core.money import MICROS, ceil_fraction
from fairhand.core.systems import automated

WORK: Final = frozenset(("time", "piece", "audio"))
"""The bases of an accrual that are pay for work itself."""


@dataclass(frozen=True, slots=True)
class FlooredWork:
    """Paid time under one floor: what it earned, and what an hour of it must at least earn.

    The floor is in minor units an hour (0: none is known); the guarantee in micros an hour.
    """

    project_id: int
    paid_ms: int
    accrued_micros: int
    floor_minor_per_hour: int
    guarantee_micros_per_hour: int = 0

    @property
    def micros_per_hour(self) -> int:
        """What an hour of it is due: the higher of the floor and the guarantee."""
        return max(self.floor_minor_per_hour * MICROS, self.guarantee_micros_per_hour)


def counts_for_floor(basis: str, paid_ms: int) -> bool:
    """Tell whether an accrual is pay for work, which the floor is compared with."""
    return basis in WORK or (basis == "correction" and paid_ms > 0)


def due_minor(work: Iterable[FlooredWork]) -> Fraction:
    """Sum max(floor, guarantee) * hours in minor units, exactly, each stretch by its own."""
    return Fraction(sum(part.micros_per_hour * part.paid_ms for part in work), HOUR_MS * MICROS)


def due_micros(work: Iterable[FlooredWork]) -> int:
    """What is due in whole micros, rounded up: gross in micros reaches it or is below the floor."""
    return ceil_fraction(due_minor(work) * MICROS)


def top_up_minor(accrued_micros: int, due: Fraction) -> int:
    """Whole minor units that lift what was accrued to what is due; 0 when it is there already."""
    return max(0, ceil_fraction(due - Fraction(accrued_micros, MICROS)))


def by_project(work: Iterable[FlooredWork]) -> dict[int, list[FlooredWork]]:
    """Group work by its project, in the order of their ids."""
    parts: dict[int, list[FlooredWork]] = defaultdict(list)
    for part in work:
        parts[part.project_id].append(part)
    return {project: parts[project] for project in sorted(parts)}


@automated(
    "pay.top_up",
    title="Top-up to the floor",
    effect="pays",
    purpose="Adds what is missing to the floor, person by person, at each close of a pay period.",
    reads=("paid time", "what it earned", "the floor where the person lives", "the guarantee"),
    parameters=(("floor", "the highest approved row", "an hour earns at least this"),),
    oversight="Only ever adds. Each line of a statement shows the sum, and can be disputed.",
)
def top_ups(work: Iterable[FlooredWork]) -> dict[int, int]:
    """Whole minor units that each project owes a person on top; only those that owe any.

    `top_up_minor` in whole numbers: a close does this for everybody.
    """
    lacking: dict[int, int] = defaultdict(int)
    for part in work:
        due = part.micros_per_hour * part.paid_ms
        lacking[part.project_id] += due - part.accrued_micros * HOUR_MS
    owed = {project: -(-lacking[project] // (HOUR_MS * MICROS)) for project in sorted(lacking)}
    return {project: minor for project, minor in owed.items() if minor > 0}
