"""Named points of several people: is it visible, and where.

Each (image, name) is one thing, so nothing needs matching; for several objects in one image make
`image` the pair (image, object). Whether the point is visible is weighed like a thing's existence
(see `existence`), its place like a box's sides (see `robust_fusion`), among those who saw it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairhand.quality.structured.existence import weigh_existence
from fairhand.quality.structured.habits import (
    Habit,
    codes_of,
    dense,
    few_warnings,
    habits,
    in_order,
)
from fairhand.quality.structured.robust_fusion import Floats, fuse


@dataclass(frozen=True, slots=True)
class FusedPoint:
    """One named point; `visible` is a probability, `error` the standard error of a coordinate.

    `place` (x, y) and `error` are None where nobody saw the point.
    """

    image: Hashable
    name: Hashable
    place: tuple[float, float] | None
    visible: float
    error: float | None
    people: tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class FusedPoints:
    """All points in order of first mention, visible or not, and what people do."""

    points: tuple[FusedPoint, ...]
    people: dict[Hashable, Habit]
    warnings: tuple[str, ...] = ()


def fuse_keypoints(
    image: Sequence[Hashable],
    person: Sequence[Hashable],
    name: Sequence[Hashable],
    points: ArrayLike,
    *,
    visible: Sequence[bool] | None = None,
) -> FusedPoints:
    """Fuse points: row i is where person[i] saw point name[i] of image[i], (x, y).

    `visible[i]` false says "not to be seen here"; that row's place is not read. Raises ValueError
    for columns of unlike length, NaN in a visible row, or a person with one point twice.
    """
    table, seen = _checked(image, person, name, points, visible)
    _refuse_twice(image, person, name)
    keys = in_order(list(zip(image, name, strict=True)))
    thing = codes_of(list(zip(image, name, strict=True)), keys)
    names = in_order(person)
    person_code = codes_of(person, names)
    if not seen.any():
        absent = tuple(_absent(key) for key in keys)
        return FusedPoints(absent, {}, ("nobody saw any point",) if keys else ())
    asked, drew = (np.zeros((len(keys), len(names)), bool) for _ in range(2))
    asked[thing, person_code] = True
    drew[thing[seen], person_code[seen]] = True
    existence = weigh_existence(drew, asked)
    fusion = fuse(dense(thing[seen]), dense(person_code[seen]), table[seen], np.ones(seen.sum()))
    row_of = {int(code): row for row, code in enumerate(np.unique(thing[seen]))}
    found = []
    for code, (picture, point) in enumerate(keys):
        if code not in row_of:
            found.append(_absent((picture, point), float(existence.probability[code])))
            continue
        x, y = fusion.centre[row_of[code]].tolist()
        who = tuple(names[one] for one in np.flatnonzero(drew[code]).tolist())
        error, likely = float(fusion.error[row_of[code]]), float(existence.probability[code])
        found.append(FusedPoint(picture, point, (x, y), likely, error, who))
    known = habits(names, person_code[seen], fusion, existence)
    return FusedPoints(tuple(found), known, few_warnings(names, person_code))


def _absent(key: tuple[Hashable, Hashable], likely: float = 0.0) -> FusedPoint:
    return FusedPoint(key[0], key[1], None, likely, None, ())


def _checked(
    image: Sequence[Hashable],
    person: Sequence[Hashable],
    name: Sequence[Hashable],
    points: ArrayLike,
    visible: Sequence[bool] | None,
) -> tuple[Floats, NDArray[np.bool_]]:
    table = np.asarray(points, float)
    table = table.reshape(-1, 2) if len(image) == 0 else table
    if table.ndim != 2 or table.shape[1] != 2:
        raise ValueError("points must have two columns: x, y")
    seen = np.ones(len(table), bool) if visible is None else np.asarray(visible, bool)
    if not len(image) == len(person) == len(name) == len(table) == len(seen):
        lengths = f"{len(image)}, {len(person)}, {len(name)}, {len(table)} and {len(seen)}"
        raise ValueError(f"image, person, name, points and visible differ in length: {lengths}")
    bad = seen & ~np.isfinite(table).all(axis=1)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(f"points[{row}] is {table[row].tolist()}: say visible=False if unseen")
    return table, seen


def _refuse_twice(
    image: Sequence[Hashable], person: Sequence[Hashable], name: Sequence[Hashable]
) -> None:
    first: dict[tuple[Hashable, ...], int] = {}
    for row, key in enumerate(zip(image, person, name, strict=True)):
        if first.setdefault(key, row) != row:
            raise ValueError(f"row {row} gives {key} again, after row {first[key]}")
