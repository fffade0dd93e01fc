"""What is learned of each person who marks places, and the names and codes of people."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from fairhand.quality.structured.existence import Existence
from fairhand.quality.structured.robust_fusion import Fusion, Ints

H = TypeVar("H", bound=Hashable)

_FEW = 10


@dataclass(frozen=True, slots=True)
class Habit:
    """How a person draws: what is added to each coordinate, and how far a coordinate scatters.

    `bias` and `spread` are in units of the thing's size (boxes) or of the picture (keypoints);
    what everybody does alike is no bias that could be seen, and both are None for somebody who
    drew nothing. `found` is the share of real things drawn, `invented` the share of unreal ones;
    `drawn` counts what all this rests on.
    """

    bias: tuple[float, ...] | None
    spread: float | None
    found: float
    invented: float
    drawn: int


def habits(
    names: Sequence[Hashable], person: Ints, fusion: Fusion, existence: Existence
) -> dict[Hashable, Habit]:
    """Say of each person what was learned; `person` holds the code of each row."""
    drawn = np.bincount(person, minlength=len(names))
    row_of = {int(code): row for row, code in enumerate(np.unique(person))}
    return {
        name: Habit(
            tuple(fusion.bias[row_of[code]].tolist()) if code in row_of else None,
            float(fusion.spread[row_of[code]]) if code in row_of else None,
            float(existence.found[code]),
            float(existence.invented[code]),
            int(drawn[code]),
        )
        for code, name in enumerate(names)
    }


def in_order(names: Sequence[H]) -> list[H]:
    """List each name once, by first use."""
    return list(dict.fromkeys(names))


def codes_of(names: Sequence[Hashable], order: Sequence[Hashable]) -> Ints:
    """Replace names by their places in `order`."""
    place = {name: code for code, name in enumerate(order)}
    return np.array([place[name] for name in names], np.intp)


def dense(codes: Ints) -> Ints:
    """Number the codes that occur from 0."""
    found: Ints = np.unique(codes, return_inverse=True)[1].astype(np.intp)
    return found


def who_saw(
    image: Sequence[Hashable],
    person: Sequence[Hashable],
    asked: Sequence[tuple[Hashable, Hashable]] | None,
) -> Mapping[Hashable, set[Hashable]]:
    """Say who saw each image: those who drew on it, and those listed as (image, person)."""
    seen: dict[Hashable, set[Hashable]] = {}
    for picture, who in [*zip(image, person, strict=True), *(asked or ())]:
        seen.setdefault(picture, set()).add(who)
    return seen


def few_warnings(names: Sequence[Hashable], person: Ints) -> tuple[str, ...]:
    """Say in a sentence when little can be known of people."""
    if len(names) == 1:
        return ("only one person drew: nobody confirms anything",)
    few = int(np.count_nonzero(np.bincount(person, minlength=len(names)) < _FEW))
    if few:
        return (f"{few} of {len(names)} people drew fewer than {_FEW}: little is known of them",)
    return ()
