"""The picture of a campaign: what has come of whom, what is missing, whom to ask next; pure.

Counts of people and of what they gave are shown only where `suppression` lets them, rounded down
to the size of the smallest group. All that is said beyond them (gaps, suggestions, the next
recruit) is worked out from what is shown, so it tells nothing more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fairhand.core.clock import Instant
from fairhand.people.campaigns.rules import ATTRIBUTES, Cell, belongs
from fairhand.people.campaigns.suppression import masks_of, rounded_down, showable

MOST_NEXT: Final = 3
_SHARE_STEP: Final = 0.05
_Z95: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Part:
    """What one person gave while they said the same of themselves."""

    person_id: int
    said: Mapping[str, str]
    given: int
    ready: int
    noticed: int  # something was found that a human has to look at


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval (Wilson 1927)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CellPicture:
    """One cell: what may be shown of it. None: the group is too small, or there is nobody.

    `missing` counts what a hidden cell has as nothing. `cost_micros` is what one usable
    contribution is expected to cost, `suggested` the target by Neyman allocation.
    """

    cell: Cell
    people: int | None
    reached: int | None
    missing: int
    clean: Share | None = None
    cost_micros: int = 0
    suggested: int = 0
    since: Instant | None = None

    @property
    def is_hidden(self) -> bool:
        """Say whether nothing of the cell may be shown."""
        return self.reached is None

    @property
    def is_full(self) -> bool:
        """Say whether the cell has all it needs, as far as may be told."""
        return self.missing == 0


@dataclass(frozen=True, slots=True)
class Margin:
    """How many people said one thing of themselves; `value` empty: they did not say."""

    attribute: str
    value: str
    people: int
    reached: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """A campaign's picture as of a moment.

    `error` says how far off noised counts are in 95 cases of 100; None without noise.
    """

    as_of: Instant
    smallest_cell: int
    people: int | None
    reached: int | None
    target: int
    cells: tuple[CellPicture, ...]
    margins: tuple[Margin, ...] = ()
    hidden_margins: bool = False
    next: tuple[CellPicture, ...] = ()
    epsilon: float | None = None
    error: int | None = None
    weeks: int = 0


@dataclass(slots=True)
class _Tally:
    people: set[int] = field(default_factory=set)
    given: int = 0
    ready: int = 0
    noticed: int = 0

    def add(self, part: Part) -> None:
        self.people.add(part.person_id)
        self.given += part.given
        self.ready += part.ready
        self.noticed += part.noticed


def picture(
    parts: Sequence[Part], cells: Sequence[Cell], smallest: int, unit_micros: int, as_of: Instant
) -> Coverage:
    """Draw the picture from what people gave; `unit_micros` is what one answer costs.

    Where not all counts can be shown together, the campaign's total comes first, then the cells
    with the largest targets, then what people said one by one.
    """
    cells = sorted(cells, key=lambda cell: (-cell.target, cell.id))
    everybody = _tally(parts)
    in_cells = [_tally(one for one in parts if belongs(one.said, c.attributes)) for c in cells]
    margins = _margins(parts)
    counted = [everybody, *in_cells, *margins.values()]
    groups = masks_of([tally.people for tally in counted], everybody.people)
    shown = showable(groups, len(counted), smallest)
    pictures = [
        _cell(cell, tally if is_shown else None, smallest, unit_micros)
        for cell, tally, is_shown in zip(cells, in_cells, shown[1:], strict=False)
    ]
    pictures = sorted(_with_suggestions(pictures), key=lambda one: one.cell.id)
    after = shown[1 + len(cells) :]
    kept = [
        _margin(name, tally, smallest)
        for (name, tally), is_shown in zip(margins.items(), after, strict=True)
        if is_shown
    ]
    return Coverage(
        as_of=as_of,
        smallest_cell=smallest,
        people=rounded_down(len(everybody.people), smallest) if shown[0] else None,
        reached=rounded_down(everybody.ready, smallest) if shown[0] else None,
        target=sum(cell.target for cell in cells),
        cells=tuple(pictures),
        margins=tuple(kept),
        hidden_margins=len(kept) < len(margins),
        next=cheapest_next(pictures),
    )


def noised_picture(
    cells: Sequence[Cell],
    people: Mapping[int, int],
    given_each: float,
    *,
    smallest: int,
    unit_micros: int,
    as_of: Instant,
    epsilon: float,
    error: int,
    weeks: int,
    since: Mapping[int, Instant],
) -> Coverage:
    """Draw the picture from noised counts of people: by cell, 0 being everybody.

    What they gave is estimated as their number times `given_each`: what the campaign was given,
    which its own page tells anyway, over its noised people. Nothing is said of quality.
    """
    pictures = []
    for cell in cells:
        known = people.get(cell.id, 0)
        is_shown = known >= smallest
        reached = round(known * given_each) if is_shown else None
        missing = max(0, cell.target - (reached or 0))
        pictures.append(
            CellPicture(
                cell,
                known if is_shown else None,
                reached,
                missing,
                cost_micros=unit_micros,
                suggested=cell.target,
                since=since.get(cell.id),
            )
        )
    total = people.get(0, 0)
    return Coverage(
        as_of=as_of,
        smallest_cell=smallest,
        people=total if total >= smallest else None,
        reached=round(total * given_each) if total >= smallest else None,
        target=sum(cell.target for cell in cells),
        cells=tuple(pictures),
        next=cheapest_next(pictures),
        epsilon=epsilon,
        error=error,
        weeks=weeks,
    )


def cheapest_next(pictures: Sequence[CellPicture]) -> tuple[CellPicture, ...]:
    """Order the cells that lack something by gap per expected cost; the first few of them."""
    lacking = [one for one in pictures if one.missing]
    ordered = sorted(lacking, key=lambda one: (-one.missing / max(1, one.cost_micros), one.cell.id))
    return tuple(ordered[:MOST_NEXT])


def allocate(
    total: int, sizes: Sequence[float], spreads: Sequence[float], costs: Sequence[float]
) -> list[int]:
    """Share out a total so that the whole is known best for its cost; the shares add up to it.

    Neyman's allocation with costs: n_h in proportion to N_h S_h / sqrt(c_h) (Neyman 1934; Cochran,
    Sampling Techniques, 1977, eq. 5.23). What is left after rounding goes to the largest rests.
    """
    wanted = [n * s / math.sqrt(c) for n, s, c in zip(sizes, spreads, costs, strict=True)]
    whole = sum(wanted)
    if not whole:
        return [0] * len(wanted)
    exact = [total * one / whole for one in wanted]
    given = [math.floor(one) for one in exact]
    rests = sorted(range(len(exact)), key=lambda at: (given[at] - exact[at], at))
    for at in rests[: total - sum(given)]:
        given[at] += 1
    return given


def wilson(share: float, of: int) -> Share:
    """Give a share of some with its 95 % score interval (Wilson 1927, JASA 22)."""
    if of <= 0:
        return Share(share, 0.0, 1.0)
    square = _Z95 * _Z95 / of
    middle = (share + square / 2) / (1 + square)
    half = _Z95 / (1 + square) * math.sqrt((share * (1 - share) + square / 4) / of)
    return Share(share, max(0.0, middle - half), min(1.0, middle + half))


def _tally(parts: Iterable[Part]) -> _Tally:
    tally = _Tally()
    for part in parts:
        tally.add(part)
    return tally


def _margins(parts: Sequence[Part]) -> dict[tuple[str, str], _Tally]:
    found: dict[tuple[str, str], _Tally] = {}
    for part in parts:
        for attribute in ATTRIBUTES:
            name = (attribute, part.said.get(attribute, ""))
            found.setdefault(name, _Tally()).add(part)
    places = {name: at for at, name in enumerate(ATTRIBUTES)}
    return dict(sorted(found.items(), key=lambda item: (places[item[0][0]], item[0][1])))


def _margin(name: tuple[str, str], tally: _Tally, smallest: int) -> Margin:
    people = rounded_down(len(tally.people), smallest)
    return Margin(*name, people, rounded_down(tally.ready, smallest))


def _cell(cell: Cell, tally: _Tally | None, smallest: int, unit_micros: int) -> CellPicture:
    if tally is None:
        return CellPicture(cell, None, None, cell.target, cost_micros=unit_micros)
    reached = rounded_down(tally.ready, smallest)
    given = rounded_down(tally.given, smallest)
    exact = 1 - tally.noticed / tally.given if tally.given else 1.0
    clean = wilson(round(exact / _SHARE_STEP) * _SHARE_STEP, given)
    return CellPicture(
        cell,
        rounded_down(len(tally.people), smallest),
        reached,
        max(0, cell.target - reached),
        clean,
        round(unit_micros / max(_SHARE_STEP, clean.value)),
    )


def _with_suggestions(pictures: Sequence[CellPicture]) -> list[CellPicture]:
    """Add targets by Neyman: sizes are the targets, spreads those of being clean at first."""
    total = sum(one.cell.target for one in pictures)
    sizes = [float(one.cell.target) for one in pictures]
    spreads = [_spread(one) for one in pictures]
    costs = [float(max(1, one.cost_micros)) for one in pictures]
    given = allocate(total, sizes, spreads, costs)
    return [
        replace(one, suggested=suggested) for one, suggested in zip(pictures, given, strict=True)
    ]


def _spread(one: CellPicture) -> float:
    """The standard deviation of "clean at first"; of a cell that nothing is known of, the most."""
    if one.clean is None or one.reached is None:
        return 0.5
    share = (one.clean.value * one.reached + 0.5) / (one.reached + 1)
    return math.sqrt(share * (1 - share))
