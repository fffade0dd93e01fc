"""A settled period in numbers: sums by currency, pay beside the floor, top-up share by project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from fairhand.core.clock import HOUR_MS
from fairhand.core.money import MICROS

EDGES: Final = (0.0, 1.0, 1.05, 1.1, 1.2, 1.35, 1.5, 2.0, 3.0)
"""Where the columns of the picture of pay to floor begin; the first one must stay empty."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one person got in one project and currency of a period, as the books have it.

    `work_micros` is pay for work, `extras_micros` all else but the top-up. `floored_micros` is what
    the work with a known floor earned, and `floor_ms` sums its milliseconds times minor units an
    hour; `unfloored_ms` is work whose floor is not known.
    """

    person_id: int
    project_id: int
    title: str
    currency: str
    paid_ms: int
    work_micros: int
    extras_micros: int
    top_up_micros: int
    floored_micros: int
    floor_ms: int
    unfloored_ms: int


@dataclass(frozen=True, slots=True)
class ProjectShare:
    """How much of a project's pay for work had to come as a top-up."""

    project_id: int
    title: str
    currency: str
    work_micros: int
    top_up_micros: int

    @property
    def percent(self) -> float:
        """The top-up in hundredths of the pay for work; 0 where nobody worked."""
        return 100 * self.top_up_micros / self.work_micros if self.work_micros else 0.0


@dataclass(frozen=True, slots=True)
class CurrencySums:
    """The sums of a period in one currency, and how people stand to their floors.

    `least` is the lowest pay to floor of any person, exactly; None where no floor is known. Pay is
    what counts for the floor and the top-up: premiums and the like never help.
    """

    currency: str
    people: int
    paid_ms: int
    work_micros: int
    extras_micros: int
    top_up_micros: int
    floor_micros: int
    unfloored_people: int
    least: Fraction | None
    counts: tuple[int, ...]

    @property
    def gross_micros(self) -> int:
        """All that the period gave."""
        return self.work_micros + self.extras_micros + self.top_up_micros

    @property
    def below(self) -> int:
        """How many people were paid less than their floor: 0, or something is broken."""
        return self.counts[0]


def sum_up(parts: Iterable[Part]) -> list[CurrencySums]:
    """Sum a period up, one currency after the other."""
    by_currency: dict[str, dict[int, list[Part]]] = {}
    for part in parts:
        by_currency.setdefault(part.currency, {}).setdefault(part.person_id, []).append(part)
    return [_sums(currency, by_currency[currency]) for currency in sorted(by_currency)]


def shares(parts: Iterable[Part]) -> list[ProjectShare]:
    """Give each project's top-up share, the highest first."""
    work: dict[tuple[int, str, str], list[int]] = {}
    for part in parts:
        both = work.setdefault((part.project_id, part.title, part.currency), [0, 0])
        both[0] += part.work_micros
        both[1] += part.top_up_micros
    found = [ProjectShare(*key, *both) for key, both in work.items()]
    return sorted(found, key=lambda one: (-one.percent, one.project_id))


def to_floor(parts: Sequence[Part]) -> Fraction | None:
    """Divide one person's pay by what the floor asks, exactly; None where it asks nothing."""
    asked = sum(part.floor_ms for part in parts)
    paid = sum(part.floored_micros + part.top_up_micros for part in parts)
    return Fraction(paid * HOUR_MS, asked * MICROS) if asked else None


def _sums(currency: str, people: dict[int, list[Part]]) -> CurrencySums:
    everything = [part for mine in people.values() for part in mine]
    ratios = [ratio for mine in people.values() if (ratio := to_floor(mine)) is not None]
    counts = [0] * len(EDGES)
    for ratio in ratios:
        counts[max(at for at, edge in enumerate(EDGES) if ratio >= edge)] += 1
    asked = sum(part.floor_ms for part in everything)
    return CurrencySums(
        currency=currency,
        people=len(people),
        paid_ms=sum(part.paid_ms for part in everything),
        work_micros=sum(part.work_micros for part in everything),
        extras_micros=sum(part.extras_micros for part in everything),
        top_up_micros=sum(part.top_up_micros for part in everything),
        floor_micros=-(-asked * MICROS // HOUR_MS),
        unfloored_people=sum(any(part.unfloored_ms for part in mine) for mine in people.values()),
        least=min(ratios, default=None),
        counts=tuple(counts),
    )
