"""What bad conditions cost: turnover, rework and errors beside pay, hours and haste.

Pure. A row is one person's month of 30 days in a project. Rows are put into bands by how they were
paid over the floor, how long people worked, and how quickly; what came of each band is told side by
side. It shows what goes together, not what causes what. Nothing is told of a band with fewer than
`K` people; people are counted in tens and shares in whole per cent, so that no two figures can be
subtracted to find one person.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, HOUR_MS
from fairhand.people.conduct.monitoring import K

MONTH_MS: Final = 30 * DAY_MS
MONTHS: Final = 6
LEAST_HOURS: Final = 1.0
"""A month with less paid work says nothing of pay or pace."""
_Z: Final = 1.959964


@dataclass(frozen=True, slots=True)
class PersonMonth:
    """One person's month in a project: paid time, pay, its floor, and what their answers became.

    `floor_micros` is the floor for an hour, 0 where none is known; `gold` counts answers to
    questions whose truth is known, `missed` those that were not met.
    """

    person_id: int
    project_id: int
    month: int
    paid_ms: int
    micros: int
    floor_micros: int = 0
    answers: int = 0
    reworked: int = 0
    gold: int = 0
    missed: int = 0

    @property
    def hours(self) -> float:
        """Paid hours."""
        return self.paid_ms / HOUR_MS

    @property
    def over_floor(self) -> float | None:
        """Pay for an hour as a multiple of the floor; None where no floor is known."""
        if not self.floor_micros or not self.paid_ms:
            return None
        return self.micros / self.hours / self.floor_micros


@dataclass(frozen=True, slots=True)
class Share:
    """A share in whole per cent, with its 95 % interval (E. B. Wilson 1927)."""

    percent: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Band:
    """What came of the months in one band; `people` is in tens, None below `K` people.

    Hours are for a week; a share is None where nothing of it is known.
    """

    label: str
    people: int | None
    hours_a_week: float | None = None
    over_floor: float | None = None
    left: Share | None = None
    reworked: Share | None = None
    missed: Share | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """Months put into bands by one condition."""

    name: str
    title: str
    bands: tuple[Band, ...]


def cuts_of(rows: Sequence[PersonMonth], this_month: int) -> tuple[Cut, ...]:
    """Cut the months by pay, hours and haste.

    `this_month` is the month that is not over: nothing is said of it, but who works in it has not
    left.
    """
    stays = {(row.person_id, row.month) for row in rows if row.paid_ms}
    known = [row for row in rows if row.hours >= LEAST_HOURS and row.month < this_month]
    pace = _paces(known)

    def cut(name: str, title: str, bands: Sequence[tuple[str, float]], of: _Measure) -> Cut:
        return Cut(name, title, tuple(_bands(known, bands, of, stays)))

    return (
        cut("pay", "Pay for an hour, against the floor", PAY, lambda row: row.over_floor),
        cut("hours", "Paid hours a week", HOURS, lambda row: row.hours * 7 / 30),
        cut("pace", "Time for an answer, against the middle of the project", PACE, pace.get),
    )


PAY: Final = (
    ("up to 1.1 × floor", 1.1),
    ("1.1 to 1.5 ×", 1.5),
    ("over 1.5 ×", math.inf),
)
HOURS: Final = (("up to 20 hours", 20.0), ("20 to 40 hours", 40.0), ("over 40 hours", math.inf))
PACE: Final = (
    ("rushed: up to ¾", 0.75),
    ("as most", 1.33),
    ("a third longer", math.inf),
)
_Measure = Callable[[PersonMonth], float | None]


def _bands(
    rows: Iterable[PersonMonth],
    bands: Sequence[tuple[str, float]],
    of: _Measure,
    stays: set[tuple[int, int]],
) -> Iterable[Band]:
    inside: list[list[PersonMonth]] = [[] for _ in bands]
    for row in rows:
        value = of(row)
        if value is not None:
            place = next(at for at, (_, most) in enumerate(bands) if value <= most)
            inside[place].append(row)
    return [_band(label, found, stays) for (label, _), found in zip(bands, inside, strict=True)]


def _band(label: str, rows: Sequence[PersonMonth], stays: set[tuple[int, int]]) -> Band:
    people = len({row.person_id for row in rows})
    if people < K:
        return Band(label, None)
    months = {(row.person_id, row.month) for row in rows}
    paid_over = [value for row in rows if (value := row.over_floor) is not None]
    return Band(
        label,
        people // 10 * 10,
        round(statistics.fmean(row.hours for row in rows) * 7 / 30, 1),
        round(statistics.median(paid_over), 2) if paid_over else None,
        _share(sum((person, month + 1) not in stays for person, month in months), len(months)),
        _share(sum(row.reworked for row in rows), sum(row.answers for row in rows)),
        _share(sum(row.missed for row in rows), sum(row.gold for row in rows)),
    )


def _paces(rows: Sequence[PersonMonth]) -> Mapping[PersonMonth, float]:
    """Time for an answer in each month, as a multiple of the middle of its project."""
    timed = [row for row in rows if row.answers]
    by_project: dict[int, list[float]] = {}
    for row in timed:
        by_project.setdefault(row.project_id, []).append(row.paid_ms / row.answers)
    middles = {project: statistics.median(times) for project, times in by_project.items()}
    return {
        row: row.paid_ms / row.answers / middles[row.project_id]
        for row in timed
        if middles[row.project_id] > 0
    }


def _share(count: int, of: int) -> Share | None:
    if of <= 0:
        return None
    share, z2 = count / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    reach = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return Share(round(100 * share), math.floor(100 * low), math.ceil(100 * high))
