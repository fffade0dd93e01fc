"""Top-up of one person for one pay period: gross = max(accrued, floor * paid hours), exactly.

Evaluated per person, never by a median over people: task times are skewed and people differ, so
a median rule leaves most of them below the floor. Evaluated per project too, because each project
pays from its own escrow: none may hide pay below the floor behind another's better rate. Fractions
inside; the top-up itself is rounded up to a whole minor unit, so gross / paid hours >= floor holds
without any tolerance, for each project and so for the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from fairhand.core.clock import HOUR_MS
from fairhand.core.money import MICROS, ceil_fraction


@dataclass(frozen=True, slots=True)
class FlooredWork:
    """Paid time under one floor: what it earned, and what an hour of it must at least earn."""

    project_id: int
    paid_ms: int
    accrued_micros: int
    floor_minor_per_hour: int


def due_minor(work: Iterable[FlooredWork]) -> Fraction:
    """Sum floor * hours in minor units, exactly, each stretch under the floor of its own time."""
    return Fraction(sum(part.floor_minor_per_hour * part.paid_ms for part in work), HOUR_MS)


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


def top_ups(work: Iterable[FlooredWork]) -> dict[int, int]:
    """Whole minor units that each project owes a person on top; only those that owe any."""
    owed = {
        project: top_up_minor(sum(part.accrued_micros for part in parts), due_minor(parts))
        for project, parts in by_project(work).items()
    }
    return {project: minor for project, minor in owed.items() if minor}
